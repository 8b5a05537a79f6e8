"""Define the left menu, in the order of Radarr and Sonarr."""

from __future__ import annotations

from dataclasses import dataclass

from stalkeer.faces.web.settings_form import SECTIONS


@dataclass(frozen=True)
class MenuItem:
    label: str
    path: str
    icon: str = ""
    count: str = ""  # name of the live count
    tone: str = ""  # tone of the count: hot, bad
    children: tuple[MenuItem, ...] = ()

    def holds(self, path: str) -> bool:
        """Return whether the page at `path` belongs to this item."""
        if self.path == "/":
            return path == "/"
        roots = (self.path, *(child.path for child in self.children))
        return any(path == root or path.startswith(f"{root}/") for root in roots)


MENU = (
    MenuItem("Dashboard", "/", "layout-dashboard"),
    MenuItem(
        "Wanted",
        "/wanted",
        "scan-search",
        children=(MenuItem("Missing", "/wanted"), MenuItem("Cutoff Unmet", "/wanted/cutoff")),
    ),
    MenuItem(
        "Matches",
        "/matches",
        "list-checks",
        "review",
        "hot",
        children=(
            MenuItem("Review", "/matches"),
            MenuItem("Confirmed", "/matches/confirmed"),
            MenuItem("Rejected", "/matches/rejected"),
            MenuItem("Imported", "/matches/imported"),
            MenuItem("Rules", "/matches/rules"),
        ),
    ),
    MenuItem(
        "Activity",
        "/activity",
        "cloud-download",
        "queue",
        children=(
            MenuItem("Queue", "/activity"),
            MenuItem("History", "/activity/history"),
            MenuItem("Blocklist", "/activity/blocklist"),
            MenuItem("Quarantine", "/activity/quarantine"),
            MenuItem("Watch Folders", "/activity/watch"),
        ),
    ),
    MenuItem(
        "Catalogue",
        "/catalogue",
        "library",
        children=(MenuItem("Entries", "/catalogue"), MenuItem("Duplicates", "/catalogue/duplicates")),
    ),
    MenuItem("Calendar", "/calendar", "calendar-days"),
    MenuItem("Statistics", "/statistics", "chart-column"),
    MenuItem("Sources", "/sources", "server"),
    MenuItem(
        "Settings",
        "/settings",
        "settings",
        children=(
            MenuItem("Radarr and Sonarr", "/settings/instances"),
            MenuItem("Notifications", "/settings/notifications"),
            *(MenuItem(section.label, f"/settings/{section.path}") for section in SECTIONS),
        ),
    ),
    MenuItem(
        "System",
        "/system",
        "monitor",
        "health",
        "bad",
        children=(
            MenuItem("Status", "/system"),
            MenuItem("Tasks", "/system/tasks"),
            MenuItem("Log Files", "/system/logs"),
            MenuItem("Backup", "/system/backup"),
            MenuItem("Account", "/system/access"),
            MenuItem("About", "/system/about"),
        ),
    ),
)


def current_child(item: MenuItem, path: str) -> MenuItem | None:
    """Return the most specific child for `path`, or None."""
    fitting = [child for child in item.children if path == child.path or path.startswith(f"{child.path}/")]
    return max(fitting, key=lambda child: len(child.path), default=None)

"""Define the left menu, in the order of Radarr and Sonarr."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    label: str
    path: str
    icon: str = ""
    count: str = ""  # name of the live count
    tone: str = ""  # tone of the count: hot, bad
    children: tuple[Item, ...] = ()

    def holds(self, path: str) -> bool:
        """Return whether the page at `path` belongs to this item."""
        if self.path == "/":
            return path == "/"
        roots = (self.path, *(child.path for child in self.children))
        return any(path == root or path.startswith(f"{root}/") for root in roots)


MENU = (
    Item("Dashboard", "/", "layout-dashboard"),
    Item(
        "Wanted",
        "/wanted",
        "scan-search",
        children=(Item("Missing", "/wanted"), Item("Cutoff Unmet", "/wanted/cutoff")),
    ),
    Item(
        "Matches",
        "/matches",
        "list-checks",
        "review",
        "hot",
        children=(
            Item("Review", "/matches"),
            Item("Confirmed", "/matches/confirmed"),
            Item("Rejected", "/matches/rejected"),
            Item("Rules", "/matches/rules"),
        ),
    ),
    Item(
        "Activity",
        "/activity",
        "cloud-download",
        "queue",
        children=(
            Item("Queue", "/activity"),
            Item("History", "/activity/history"),
            Item("Blocklist", "/activity/blocklist"),
            Item("Quarantine", "/activity/quarantine"),
        ),
    ),
    Item("Catalogue", "/catalogue", "library"),
    Item("Calendar", "/calendar", "calendar-days"),
    Item("Statistics", "/statistics", "chart-column"),
    Item("Sources", "/sources", "server"),
    Item("Settings", "/settings", "settings"),
    Item(
        "System",
        "/system",
        "monitor",
        "health",
        "bad",
        children=(
            Item("Status", "/system"),
            Item("Tasks", "/system/tasks"),
            Item("Log Files", "/system/logs"),
            Item("Backup", "/system/backup"),
            Item("Access", "/system/access"),
        ),
    ),
)


def current_child(item: Item, path: str) -> Item | None:
    """Return the most specific child for `path`, or None."""
    fitting = [child for child in item.children if path == child.path or path.startswith(f"{child.path}/")]
    return max(fitting, key=lambda child: len(child.path), default=None)

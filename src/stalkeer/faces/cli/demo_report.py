"""Print the report of the demo: items found, downloaded, imported and left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stalkeer.demo.scenario import DemoOutcome, Expectation, World
from stalkeer.faces.cli.demo_watch import Story, WantedMatch
from stalkeer.model import Decision, DownloadState
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.library.wanted_list import Status
from stalkeer.store.matching.candidates import EvidenceRow

T = TypeVar("T")


@dataclass(frozen=True)
class DemoReport:
    """Compare the results of the program with the expectations of the scenario."""

    story: Story
    outcome: DemoOutcome
    expected: Mapping[Expectation, frozenset[str]]
    seconds: float

    @property
    def review(self) -> tuple[WantedMatch, ...]:
        return tuple(found for found in self.story.wanted if found.item.status is Status.REVIEW)

    @property
    def unavailable(self) -> tuple[WantedMatch, ...]:
        return tuple(found for found in self.story.wanted if found.item.status is Status.NOTHING)

    @property
    def imported_well(self) -> frozenset[str]:
        return frozenset(w.label for w in self.outcome.imported) - frozenset(w.label for w in self.outcome.mismatched)

    @property
    def is_as_expected(self) -> bool:
        return (
            self.imported_well == self.expected[Expectation.AVAILABLE]
            and not self.outcome.mismatched
            and {found.item.label for found in self.review} == self.expected[Expectation.REVIEW]
        )

    def to_document(self) -> dict[str, object]:
        # includes items that an interrupted demo imported before this run
        wanted = {found.item.label for found in self.story.wanted} | {wish.label for wish in self.outcome.imported}
        return {
            "wanted": len(wanted),
            "available": len(self.expected[Expectation.AVAILABLE]),
            "imported": len(self.outcome.imported),
            "mismatched": len(self.outcome.mismatched),
            "unavailable": [found.item.label for found in self.unavailable],
            "review": [found.item.label for found in self.review],
            "seconds": round(self.seconds, 1),
        }


def make_report(story: Story, world: World, seconds: float) -> DemoReport:
    expected = {
        expectation: frozenset(wish.label for wish in world.expected(expectation)) for expectation in Expectation
    }
    return DemoReport(story, world.compare(), expected, seconds)


def print_report(console: Console, report: DemoReport) -> None:
    """Print the report in four parts and a line of totals."""
    _print_found(console, report)
    _print_downloads(console, report)
    _print_open(console, report)
    _print_sums(console, report)


def _print_found(console: Console, report: DemoReport) -> None:
    table = Table(title="Missing items in Radarr and Sonarr, and matches on the playlist", title_justify="left")
    table.add_column("Missing", ratio=10)
    table.add_column("Playlist entry", ratio=9)
    table.add_column("Score and reason", ratio=11)
    for title, group in _by_title(report.story.wanted, _series_of):
        there = [found for found in group if found.best is not None]
        label = escape(group[0].item.label if title is None else f"{title}: {_share(len(there), len(group))}")
        if not there:
            table.add_row(label, "[dim]nothing[/]", "")
        elif (best := there[0].best) is not None:
            colour = {"confirm": "green", "review": "yellow"}.get(best.decision.value, "red")
            more = f" [dim]and {len(there) - 1} more[/]" if len(there) > 1 else ""
            table.add_row(label, escape(best.name) + more, f"[{colour}]{best.score:.2f}[/] {escape(_why(there[0]))}")
    console.print(table)


def _by_title(rows: Iterable[T], title_of: Callable[[T], str | None]) -> Iterator[tuple[str | None, Sequence[T]]]:
    """Group the episodes of a series under its title, and yield each movie alone, in their order."""
    series: dict[str, list[T]] = {}
    groups: list[tuple[str | None, list[T]]] = []
    for row in rows:
        title = title_of(row)
        if title is not None and title in series:
            series[title].append(row)
            continue
        groups.append((title, [row]))
        if title is not None:
            series[title] = groups[-1][1]
    yield from groups


def _series_of(found: WantedMatch) -> str | None:
    return None if found.item.kind == "movie" else found.item.title


def _share(found: int, wanted: int) -> str:
    return f"{wanted} episodes" if found == wanted else f"{found} of {wanted} episodes"


def _why(found: WantedMatch) -> str:
    """Return the evidence of the best entry, or the reason why it was not confirmed."""
    best = found.best
    if best is None:
        return ""
    if best.decision is not Decision.CONFIRM:
        return best.reason
    return ", ".join(_short(finding) for finding in best.findings if finding.text)


def _short(finding: EvidenceRow) -> str:
    """Shorten a finding: `the year 2020 agrees` becomes `year 2020`."""
    if finding.name == "title":
        return "alternate title" if "alternate" in finding.text else "title"
    if finding.name == "unshared":
        return "unique title"
    return finding.text.removesuffix(" agrees").removeprefix("the ")


def _ended(row: DownloadRow) -> str:
    return (row.outcome.finished_at or row.updated_at).isoformat()


def _print_downloads(console: Console, report: DemoReport) -> None:
    series_of = {found.item.id: _series_of(found) for found in report.story.wanted}
    table = Table(title="Downloads", title_justify="left")
    table.add_column("Item", ratio=10)
    table.add_column("MB", justify="right")
    table.add_column("Result")
    table.add_column("Events", ratio=9)
    rows = sorted(report.story.downloads, key=_ended)
    for title, group in _by_title(rows, lambda row: series_of.get(row.items[0].wanted_id) if row.items else None):
        label = group[0].identity.title if title is None else f"{title}, {len(group)} files"
        size = f"{sum(row.transfer.total or row.transfer.offset for row in group) / 1e6:.1f}"
        table.add_row(escape(label), size, _result(group), escape(_events_of(group)))
    console.print(table)


def _result(rows: Sequence[DownloadRow]) -> str:
    others = [row.state.value for row in rows if row.state is not DownloadState.COMPLETED]
    return f"[red]{', '.join(dict.fromkeys(others))}[/]" if others else "[green]imported[/]"


def _events_of(rows: Sequence[DownloadRow]) -> str:
    if len(rows) == 1:
        return _on_the_way(rows[0])
    return "; ".join(
        f"S{row.identity.title.rpartition(' S')[2]}: {words}" for row in rows if (words := _on_the_way(row))
    )


def _on_the_way(row: DownloadRow) -> str:
    parts = []
    if len(row.items) > 1:
        parts.append(f"one file for {len(row.items)} episodes")
    if row.transfer.bytes_resumed:
        parts.append(f"interrupted, resumed at {row.transfer.bytes_resumed / 1e6:.1f} MB")
    elif row.transfer.interruptions:
        parts.append("interrupted, retried")
    if row.state is not DownloadState.COMPLETED:
        refusals = [item.refusal for item in row.items if item.refusal]
        parts.extend(refusals or ([row.outcome.error] if row.outcome.error else []))
    return ", ".join(parts)


def _print_open(console: Console, report: DemoReport) -> None:
    for found in report.review:
        console.print(f"[yellow]For you to decide:[/] {escape(found.item.label)}: {escape(_why(found))}")
    for found in report.unavailable:
        console.print(f"[dim]Not on the playlist:[/] {escape(found.item.label)}")
    for wish in report.outcome.mismatched:
        console.print(f"[red]Wrong bytes:[/] {escape(wish.label)}")
    for wish in report.outcome.left:
        if wish.expect is Expectation.AVAILABLE:
            console.print(f"[red]Should have been imported:[/] {escape(wish.label)}")
    for wish in report.outcome.imported:
        if wish.expect is not Expectation.AVAILABLE:
            console.print(f"[red]Should not have been imported:[/] {escape(wish.label)}")


def _print_sums(console: Console, report: DemoReport) -> None:
    document = report.to_document()
    colour = "green" if report.is_as_expected else "red"
    console.print(
        f"[bold {colour}]{document['wanted']} missing, {document['available']} on the playlist, "
        f"{document['imported']} imported and compared byte by byte, {document['mismatched']} wrong, "
        f"{len(report.review)} for you to decide, {len(report.unavailable)} not on the playlist; "
        f"{document['seconds']} s[/]"
    )

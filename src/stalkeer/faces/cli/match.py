"""List, explain and correct matches, and match a playlist file: `stalkeer match`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from stalkeer.faces.cli.output import context_app, emit, note

if TYPE_CHECKING:
    from stalkeer.jobs.matching.decisions import DecisionNote, UserDecision
    from stalkeer.jobs.matching.explain import Explanation
    from stalkeer.jobs.matching.rule_effects import RuleEffect, RuleOutcome
    from stalkeer.model import Decision

app = typer.Typer(no_args_is_help=True, help="List, explain and correct matches; match a playlist file.")
_MOST_REASONS = 20  # reasons in the summary of an evaluation
_STYLES = {"confirm": "green", "review": "yellow", "rejected": "red"}


@app.command()
def run(
    context: typer.Context,
    wanted: str | None = typer.Argument(None, help="Only this item: ID of a wanted item, or part of a title."),
) -> None:
    """Match new and changed entries and items, or match one item again.

    Example: stalkeer match run
    """
    from stalkeer.jobs.matching.match_run import match_now, request_match

    parts = context_app(context)
    report = match_now(parts.matching, parts.refresher, request_match(parts.matching, wanted))
    text = f"{report.items} items and {report.entries} new entries matched: {report.confirmed} new matches confirmed."
    emit(context, report.to_document(), lambda console: console.print(text, markup=False))


@app.command()
def tmdb(context: typer.Context) -> None:
    """Test the key of `tmdb.api_key` with TMDB.

    Example: stalkeer match tmdb
    """
    from stalkeer.jobs.matching.lookups import check_tmdb

    parts = context_app(context)
    check_tmdb(parts.settings.tmdb, parts.tmdb_pace)
    emit(context, {"ok": True}, lambda console: console.print("TMDB accepted the API key.", style="green"))


@app.command("list")
def list_(
    context: typer.Context,
    decision: str | None = typer.Option(None, "--decision", "-d", help="confirm, review or rejected."),
    text: str | None = typer.Option(None, "--search", "-s", help="Part of the item's title or the entry's name."),
    imported: bool = typer.Option(False, "--imported", help="Matches of imported items instead of missing ones."),
    limit: int = typer.Option(50, "--limit", "-n", min=1, max=10_000, help="Maximum number of results."),
) -> None:
    """List matches of missing items, highest score first. With --imported, list those of imported items.

    Example: stalkeer match list --decision review
    """
    from stalkeer.store.matching.matches import MatchFilter, list_matches

    parts = context_app(context)
    with parts.database.connect() as connection:
        chosen = MatchFilter(decision=_decision(decision), text=text, imported=imported)
        rows = list_matches(connection, chosen, limit=limit)
    document = {
        "matches": [
            {
                "id": row.id,
                "wantedId": row.wanted_id,
                "item": row.label,
                "instance": row.instance,
                "targetService": row.target_service,
                "targetItemId": row.target_item_id,
                "entryId": row.entry_id,
                "entry": row.entry_name,
                "source": row.source,
                "score": row.score,
                "decision": row.decision.value,
                "decidedBy": row.decided_by,
                "reason": row.reason,
            }
            for row in rows
        ]
    }

    def render(console: Console) -> None:
        table = Table("Match", "Item", "Entry", "Source", "Score", "Decision", "Reason")
        for row in rows:
            cells = (
                str(row.id), row.label, row.entry_name, row.source, f"{row.score:.2f}", row.decision.value, row.reason
            )  # fmt: skip
            table.add_row(*cells, style=_STYLES.get(row.decision.value))
        console.print(table)

    emit(context, document, render)


@app.command()
def explain(
    context: typer.Context, wanted: str = typer.Argument(help="ID of a wanted item, or part of a title.")
) -> None:
    """Explain why an item was found or not, with every candidate and its evidence.

    Example: stalkeer match explain "Dune"
    """
    from stalkeer.jobs.downloads.choosing import explain_items
    from stalkeer.jobs.matching.wanted_items import nothing_called

    found = explain_items(context_app(context).matching, wanted)
    if not found.items:
        raise nothing_called(wanted)
    document = {"items": [explanation.to_document() for explanation in found.items], "total": found.total}

    def render(console: Console) -> None:
        for explanation in found.items:
            _render_explanation(console, explanation)

    emit(context, document, render)
    if found.total > len(found.items):
        note(
            context,
            f"{found.total} items match {wanted!r}; showing the first {len(found.items)}. Give an ID instead.",
        )


@app.command()
def confirm(
    context: typer.Context,
    match: int = typer.Argument(help="ID of the match, from `match list`."),
    title: bool = typer.Option(False, "--title", help="Confirm all entries with this title."),
    reason: str = typer.Option("", "--reason", help="Note for yourself."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change; save nothing."),
) -> None:
    """Confirm a match. The decision survives every refresh.

    Example: stalkeer match confirm 12
    """
    from stalkeer.jobs.matching.decisions import UserDecision

    _decide(context, match, UserDecision.CONFIRM, _wish(reason, dry_run=dry_run), whole_title=title)


@app.command()
def reject(
    context: typer.Context,
    match: int = typer.Argument(help="ID of the match, from `match list`."),
    title: bool = typer.Option(False, "--title", help="Reject all entries with this title."),
    reason: str = typer.Option("", "--reason", help="Note for yourself."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change; save nothing."),
) -> None:
    """Reject a match. The decision survives every refresh.

    Example: stalkeer match reject 12 --reason "the remake"
    """
    from stalkeer.jobs.matching.decisions import UserDecision

    _decide(context, match, UserDecision.REJECT, _wish(reason, dry_run=dry_run), whole_title=title)


@app.command()
def search(
    context: typer.Context,
    text: str = typer.Argument(help="Words of the title."),
    source: str | None = typer.Option(None, "--source", help="Only entries of this source."),
    limit: int = typer.Option(50, "--limit", "-n", min=1, max=10_000, help="Maximum number of results."),
) -> None:
    """Search the catalogue for entries, to take or block one by its ID.

    Example: stalkeer match search "Some Movie"
    """
    from stalkeer.model import KindWord
    from stalkeer.store.catalogue.entries import EntrySearch, search_entries

    parts = context_app(context)
    with parts.database.connect() as connection:
        rows = search_entries(connection, EntrySearch(text, source), limit=limit)
    document = {
        "entries": [
            {
                "id": row.id,
                "source": row.source,
                "kind": KindWord.of(row.kind).value,
                "name": row.name,
                "group": row.group,
            }
            for row in rows
        ]
    }

    def render(console: Console) -> None:
        table = Table("Entry", "Name", "Source", "Group")
        for row in rows:
            table.add_row(str(row.id), row.name, row.source, row.group or "")
        console.print(table)

    emit(context, document, render)


@app.command()
def take(
    context: typer.Context,
    wanted: str = typer.Argument(help="ID of a wanted item."),
    entry: int = typer.Argument(help="ID of the entry, from `match explain` or `match search`."),
    reason: str = typer.Option("", "--reason", help="Note for yourself."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change; save nothing."),
) -> None:
    """Match an entry of the catalogue with a wanted item, whatever its name.

    Example: stalkeer match take 7 4711
    """
    from stalkeer.jobs.matching.decisions import take_entry
    from stalkeer.jobs.matching.wanted_items import find_item

    matching = context_app(context).matching
    _show(context, take_entry(matching, find_item(matching, wanted), entry, _wish(reason, dry_run=dry_run)))


@app.command()
def block(
    context: typer.Context,
    entry: int = typer.Argument(help="ID of the entry, from `match explain`."),
    reason: str = typer.Option("", "--reason", help="Note for yourself."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change; save nothing."),
) -> None:
    """Block an entry, so that it is never downloaded.

    Example: stalkeer match block 4711 --reason "wrong movie"
    """
    from stalkeer.jobs.matching.decisions import block_entry

    _show(context, block_entry(context_app(context).matching, entry, _wish(reason, dry_run=dry_run)))


@app.command()
def offset(
    context: typer.Context,
    wanted: str = typer.Argument(help="ID of a wanted episode of the series, or part of its title."),
    season: int = typer.Option(0, "--season", help="Number to add to the season on the playlist."),
    episode: int = typer.Option(0, "--episode", help="Number to add to the episode on the playlist."),
    only_season: int | None = typer.Option(None, "--only-season", help="Only for this season on the playlist."),
    source: str | None = typer.Option(None, "--source", help="Only entries of this source."),
    reason: str = typer.Option("", "--reason", help="Note for yourself."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show what would change; save nothing."),
    propose: bool = typer.Option(False, "--propose", help="Only show the offset that the lists suggest."),
    accept: bool = typer.Option(False, "--accept", help="Take the offset that the lists suggest."),
) -> None:
    """Shift the season and episode numbers of a series on a playlist to those of Sonarr.

    Example: stalkeer match offset "One Piece" --season 1 --only-season 1
    """
    from stalkeer.jobs.matching.decisions import accept_proposed_offset, shift_numbers
    from stalkeer.jobs.matching.rules import Offset, propose_series_offset
    from stalkeer.jobs.matching.wanted_items import find_episode

    matching = context_app(context).matching
    if propose:
        found = propose_series_offset(matching, find_episode(matching, wanted))
        words = "The lists suggest no offset." if found is None else f"Proposed: {found.why}."
        document = {"proposal": None if found is None else found.to_document()}
        emit(context, document, lambda console: console.print(words, markup=False))
        return
    if accept:
        item = find_episode(matching, wanted)
        _show(context, accept_proposed_offset(matching, item, _wish(reason, dry_run=dry_run)))
        return
    shift = Offset(season, episode, only_season, source)
    _show(context, shift_numbers(matching, find_episode(matching, wanted), shift, _wish(reason, dry_run=dry_run)))


@app.command()
def rules(context: typer.Context) -> None:
    """List the rules of your decisions, newest first.

    Example: stalkeer match rules
    """
    from stalkeer.store.matching.rules import list_rules

    parts = context_app(context)
    with parts.database.connect() as connection:
        rows = list_rules(connection)
    document = {
        "rules": [
            {
                "id": row.rule.id,
                "action": row.rule.action.value,
                "about": row.rule.label,
                "reason": row.rule.reason,
                "origin": row.origin,
                "createdAt": row.created_at,
            }
            for row in rows
        ]
    }

    def render(console: Console) -> None:
        table = Table("Rule", "Action", "About", "Reason", "Origin")
        for row in rows:
            table.add_row(str(row.rule.id), row.rule.action.value, row.rule.label, row.rule.reason, row.origin)
        console.print(table)

    emit(context, document, render)


@app.command()
def forget(context: typer.Context, rule: int = typer.Argument(help="ID of the rule, from `match rules`.")) -> None:
    """Remove a rule and match its items again.

    Example: stalkeer match forget 3
    """
    from stalkeer.core.matching.rules import RuleId
    from stalkeer.jobs.matching.decisions import forget_rule

    _show(context, forget_rule(context_app(context).matching, RuleId(rule)))


@app.command()
def evaluate(
    context: typer.Context,
    playlist: Path = typer.Option(..., "--playlist", help="An M3U file."),
    wanted: Path = typer.Option(..., "--wanted", help="JSON: `movies` and `episodes` as Radarr and Sonarr list them."),
    output: Path = typer.Option(..., "--output", help="File for a JSON line of every proposed pair."),
    lookup: Path | None = typer.Option(None, "--lookup", help="JSON: other movies and series with the same titles."),
    confirm_from: float = typer.Option(0.95, "--confirm", min=0, max=1, help="Minimum score to confirm a pair."),
    review_from: float = typer.Option(0.80, "--review", min=0, max=1, help="Minimum score to offer a pair for review."),
) -> None:
    """Match a playlist file with a wanted list, without a database or Radarr. Files may be gzipped.

    Example: stalkeer match evaluate --playlist p.m3u --wanted w.json --output m.jsonl
    """
    from stalkeer.core.matching.decide import Thresholds
    from stalkeer.jobs.matching.evaluate import EvaluationFiles, evaluate

    files = EvaluationFiles(playlist, wanted, output, lookup)
    result = evaluate(files, Thresholds(confirm_from, review_from))
    text = (
        f"{result.entries} entries, {result.wanted} wanted: {result.confirmed} confirmed, "
        f"{result.offered - result.confirmed} more to review. The pairs are in {output}."
    )

    def show(console: Console) -> None:
        console.print(text, markup=False)
        for decision, reason, count in result.reasons[:_MOST_REASONS]:
            console.print(f"{count:>8}  {decision.value:<8}  {reason}", markup=False)

    emit(context, result.to_document(), show)


def _decide(
    context: typer.Context, match: int, verdict: UserDecision, wish: DecisionNote, *, whole_title: bool
) -> None:
    from stalkeer.jobs.matching.decisions import decide_match
    from stalkeer.jobs.matching.rules import DecisionScope
    from stalkeer.model import MatchId

    scope = DecisionScope.TITLE if whole_title else DecisionScope.ENTRY
    _show(context, decide_match(context_app(context).matching, MatchId(match), verdict, wish, scope))


def _wish(reason: str, *, dry_run: bool) -> DecisionNote:
    from stalkeer.jobs.matching.decisions import DecisionNote, Effect

    return DecisionNote(reason, Effect.PREVIEW if dry_run else Effect.KEEP)


def _show(context: typer.Context, outcome: RuleOutcome) -> None:
    emit(context, outcome.to_document(), lambda console: _render_changes(console, outcome.changes))


def _render_changes(console: Console, changes: tuple[RuleEffect, ...]) -> None:
    if not changes:
        console.print("No match changes.")
        return
    table = Table("Item", "Entry", "Before", "After")
    for change in changes:
        table.add_row(change.item, change.entry, change.before.value, change.after.value)
    console.print(table)


def _render_explanation(console: Console, explanation: Explanation) -> None:
    item = explanation.item
    console.print(f"{item.label} (wanted {item.id})", style="bold", markup=False)
    console.print(explanation.summary, markup=False)
    for pair in explanation.pairs:
        head = (
            f"  {pair.decision.value:8} {pair.score:.2f}  {pair.entry.name}  [{pair.entry.source_slug} {pair.entry.id}]"
        )
        console.print(head, style=_STYLES.get(pair.decision.value), markup=False, soft_wrap=True)
        for finding in pair.evidence:
            console.print(f"      {finding.weight:+.2f} {finding.text}", style="dim", markup=False, soft_wrap=True)
        console.print(f"      because {pair.reason}", style="dim", markup=False, soft_wrap=True)
    for entry, reason in explanation.others:
        console.print(f"  other         {entry.name}: {reason}", style="dim", markup=False, soft_wrap=True)


def _decision(text: str | None) -> Decision | None:
    from stalkeer.model import Decision

    if text is None:
        return None
    if text not in ("confirm", "review", "rejected"):
        raise typer.BadParameter("accepted: confirm, review, rejected", param_hint="--decision")
    return Decision(text)

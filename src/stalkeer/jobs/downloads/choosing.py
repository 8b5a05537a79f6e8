"""Choose the entry to download for a wanted item: rank its confirmed matches by the instance's quality profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stalkeer.adapters.arr.values import ProfileQuality, QualityProfile
from stalkeer.core.matching.rank import ANY_PROFILE, Preferences, Profile, SizeLimits, Variant, rank_variants
from stalkeer.core.matching.rules import is_same_content
from stalkeer.core.matching.upgrades import WORSE, UpgradeDecision
from stalkeer.core.matching.wanted_languages import ANY_LANGUAGE, WantedLanguages, read_wanted_languages
from stalkeer.core.naming.languages import language_code
from stalkeer.core.titles import TitleReader
from stalkeer.core.titles.groups import tags_of_group
from stalkeer.core.titles.vocabulary import LANGUAGES
from stalkeer.jobs.downloads.context import DownloadContext
from stalkeer.jobs.downloads.upgrades import decide as decide_upgrade
from stalkeer.jobs.library.profiles import profile_of
from stalkeer.jobs.matching.candidates import to_facts
from stalkeer.jobs.matching.explain import Explanation, explain_match
from stalkeer.jobs.matching.library_cache import Matching, use_context
from stalkeer.jobs.matching.wanted_items import search_items
from stalkeer.model import Decision, EntryId, WantedId
from stalkeer.store.catalogue.addresses import EntryAddress
from stalkeer.store.db.database import Transaction
from stalkeer.store.downloads.rows import DownloadRow
from stalkeer.store.downloads.run_writes import Replacement
from stalkeer.store.downloads.variants import ConfirmedMatch, confirmed_matches, offered_matches
from stalkeer.store.library.instances import InstanceRow, find_instance, list_instances
from stalkeer.store.library.wanted_list import get_wanted
from stalkeer.store.matching.entries import entries_by_id
from stalkeer.store.matching.scores import NOTHING_KNOWN, KnownScores, ScoredEntry, read_scores
from stalkeer.store.offers.grabs import list_live_grabs
from stalkeer.store.offers.offers import find_offer

MOST_EXPLAINED = 5
MOVIE_RUNTIME_MIN = 110  # the runtime that Radarr assumes where it knows none
# the release source as the two programs name it -> as parsed names have it
SOURCE_WORDS = {
    "tv": "hdtv",
    "television": "hdtv",
    "televisionraw": "hdtv",
    "web": "webdl",
    "webdl": "webdl",
    "webrip": "webrip",
    "blurayraw": "remux",
    "telesync": "cam",
    "telecine": "cam",
}


@dataclass(frozen=True)
class RankedMatch:
    """Hold a ranked match. `allowed` is False where the profile or a setting refuses it; `reasons` say why."""

    match: ConfirmedMatch
    allowed: bool
    reasons: tuple[str, ...]


def next_variant(connection: Transaction, row: DownloadRow, languages: Sequence[str] = ()) -> Replacement | None:
    """Return the best entry for the download's items that was not tried yet; None where all were.

    An instance that grabbed a release gets no other release.
    """
    if row.handing.by_instance:
        return _next_of_release(connection, row)
    found = confirmed_matches(connection, [item.wanted_id for item in row.items])
    tried = {row.identity.entry_id, *row.identity.variants_tried}
    fresh = [match for match in found if match.entry_id not in tried]
    if not fresh:
        return None
    instances = {instance.id: instance for instance in list_instances(connection)}
    # an entry for all items of the download comes before an entry for only some of them
    served = {match.entry_id: len({m.wanted_id for m in fresh if m.entry_id == match.entry_id}) for match in fresh}
    known = known_scores(connection, fresh)
    ranked = [match for match in rank(fresh, instances.get(fresh[0].instance_id), languages, known) if match.allowed]
    if not ranked:
        return None
    match = max(
        ranked, key=lambda ranked_match: served[ranked_match.match.entry_id]
    ).match  # max returns the first of equal values
    return Replacement(match.entry_id, match.source_id, match.entry_key, match.entry_name)


def _next_of_release(connection: Transaction, row: DownloadRow) -> Replacement | None:
    """Return the next entry that is the same release for every instance that grabbed it."""
    offers = [find_offer(connection, grab.offer_guid) for grab in list_live_grabs(connection, row.id)]
    known = [offer for offer in offers if offer is not None]
    if not known:
        return None
    shared = set.intersection(*[set(offer.files) for offer in known])
    tried = {row.identity.entry_id, *row.identity.variants_tried}
    for match in offered_matches(connection, known[0]):
        if match.entry_id not in tried and (match.source_id, match.entry_key) in shared:
            return Replacement(match.entry_id, match.source_id, match.entry_key, match.entry_name)
    return None


def hindrance_of(connection: Transaction, wanted_id: WantedId) -> str | None:
    """Return why no variant of an item is downloaded: a rule, or the instance's reasons against all variants."""
    item = get_wanted(connection, wanted_id)
    if item.skip:
        return f"It is skipped: {item.skip}."
    found = confirmed_matches(connection, [wanted_id])
    ranked = rank(found, find_instance(connection, item.instance), known=known_scores(connection, found))
    if not found or any(match.allowed for match in ranked):
        return None
    if not ranked:
        return "No match is better than the present file."
    return f"No match is acceptable: {'; '.join(ranked[0].reasons)}."


def known_scores(connection: Transaction, matches: Sequence[ConfirmedMatch]) -> KnownScores:
    """Return the stored custom format scores of those matches whose items have a file."""
    wanted_ids = [match.wanted_id for match in matches if match.current_quality is not None]
    return read_scores(connection, wanted_ids) if wanted_ids else NOTHING_KNOWN


def rank(
    matches: Sequence[ConfirmedMatch],
    instance: InstanceRow | None,
    languages: Sequence[str] = (),
    known: KnownScores = NOTHING_KNOWN,
) -> tuple[RankedMatch, ...]:
    """Rank `matches` by the settings of `instance`, best first, each entry once.

    `languages` apply where the instance names none. For an item with a file, variants of a lower quality are left out,
    and those that custom formats refuse are not allowed.
    """
    profile = profile_of(instance, matches[0].profile_id) if matches else None
    decisions = {match.entry_id: _decide_upgrade(match, profile, known) for match in matches}
    matches = [match for match in matches if decisions[match.entry_id].refusal != WORSE]
    if not matches:
        return ()
    whose = instance.label if instance else "the instance"
    unique: dict[EntryId, ConfirmedMatch] = {}
    for match in matches:
        unique.setdefault(match.entry_id, match)
    named = (matches[0].original_language or "").casefold()
    original = LANGUAGES.get(named) or language_code(named) or None  # in the codes of parsed names where possible
    own = read_wanted_languages(instance.options.languages) if instance else ANY_LANGUAGE
    wanted = (own if own.order else WantedLanguages(tuple(languages))).resolved(original)
    wishes = Preferences(wanted.order, required_languages=wanted.required, original_language=original)
    variants = [_variant(match, whose, decisions[match.entry_id]) for match in unique.values()]
    ranked = rank_variants(variants, _of_profile(profile, whose) if profile else ANY_PROFILE, wishes)
    reasons = {entry_id: (decision.reason,) if decision.reason else () for entry_id, decision in decisions.items()}
    return tuple(
        RankedMatch(
            unique[ranked_match.variant.entry_id],
            ranked_match.allowed,
            (*ranked_match.reasons, *reasons[ranked_match.variant.entry_id]),
        )
        for ranked_match in ranked
    )


def _decide_upgrade(match: ConfirmedMatch, profile: QualityProfile | None, known: KnownScores) -> UpgradeDecision:
    entry = ScoredEntry(match.wanted_id, match.source_id, match.entry_key)
    return decide_upgrade(entry, match.resolution, match.current_quality, profile, known)


def _variant(match: ConfirmedMatch, whose: str, decision: UpgradeDecision) -> Variant:
    blocked = f"{whose} has it on its blocklist ({match.blocked})" if match.blocked else None
    source = match.quality.get("source")
    return Variant(
        entry_id=match.entry_id,
        score=match.score,
        resolution=match.resolution,
        source=str(source) if source else None,
        languages=tuple(code for code in match.languages if not code.startswith("sub:")),
        subtitles=tuple(code.removeprefix("sub:") for code in match.languages if code.startswith("sub:")),
        size=match.size,
        source_priority=match.source_priority,
        episodes=match.episodes,
        serves=match.serves,
        runtime_min=match.runtime_min or (MOVIE_RUNTIME_MIN if match.kind == "movie" else None),
        group=tags_of_group(match.group),
        refusal=blocked or decision.refusal or None,
    )


def _of_profile(profile: QualityProfile, whose: str) -> Profile:
    allowed = sorted((quality for quality in profile.qualities if quality.allowed), key=lambda quality: quality.rank)
    enough = next((quality for quality in allowed if quality.rank >= profile.cutoff_rank), None)
    return Profile(
        profile.name,
        tuple(_pair(quality) for quality in allowed),
        _pair(enough) if enough else None,
        tuple((_pair(quality), _limits(quality)) for quality in allowed),
        whose,
    )


def _pair(quality: ProfileQuality) -> tuple[int, str]:
    """Return resolution and release source of a quality, in the words of parsed names."""
    if quality.quality.name.startswith("Remux"):
        return quality.quality.resolution, "remux"
    return quality.quality.resolution, SOURCE_WORDS.get(quality.quality.source.lower(), quality.quality.source)


def _limits(quality: ProfileQuality) -> SizeLimits:
    return SizeLimits(quality.quality.name, quality.sizes.least, quality.sizes.most, quality.sizes.preferred)


# --- what was chosen before ----------------------------------------------------------------------------------------


def find_change(tools: DownloadContext, row: DownloadRow, address: EntryAddress) -> str | None:
    """Return how a queued entry has changed; None where it is still the same movie or episode.

    Providers reuse the id of an entry for another. A renamed entry is matched again with the download's items.
    """
    queued, present = row.identity.name, address.name
    if present == queued or is_same_content(queued, present, address.kind):
        return None
    if _is_confirmed(tools, row, address.entry_id):
        return None
    return f"the entry was {queued!r} when it was queued, and is {present!r} now"


def _is_confirmed(tools: DownloadContext, row: DownloadRow, entry_id: EntryId) -> bool:
    matching = Matching(tools.database, tools.settings().matching, tools.clock)
    with tools.database.connect() as connection:
        found = entries_by_id(connection, [entry_id])
    wanted_ids = {item.wanted_id for item in row.items}
    with use_context(matching) as context:
        pairs = [pair for entry in found for pair in context.matcher().consider(to_facts(entry, TitleReader()))]
    return any(pair.wanted.id in wanted_ids and pair.decision is Decision.CONFIRM for pair in pairs)


# --- explaining ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Explanations:
    """Hold the explanations of the first items that fit a text. `total` counts all that fit, up to 50."""

    items: tuple[Explanation, ...]
    total: int


def explain_items(matching: Matching, text: str) -> Explanations:
    """Explain the wanted items with this id, or with this text in their title."""
    found = search_items(matching, text)
    return Explanations(tuple(explain_wanted(matching, wanted_id) for wanted_id in found[:MOST_EXPLAINED]), len(found))


def explain_wanted(matching: Matching, wanted_id: WantedId) -> Explanation:
    """Match the item again without saving anything. Raises NotFound where it is not wanted."""
    explanation = explain_match(matching, wanted_id)
    with matching.database.connect() as connection:
        hindrance = hindrance_of(connection, wanted_id)
    return replace(explanation, summary=" ".join(filter(None, (explanation.summary, hindrance))))

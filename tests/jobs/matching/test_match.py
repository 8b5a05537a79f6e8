from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from stalkeer.core.matching.lookup import Namesake, WorkTitles, WorldTitle
from stalkeer.core.matching.rules import RuleAction, RuleOrigin
from stalkeer.core.titles.habits import Habits
from stalkeer.errors import ArrUnreachable, NotFound, TmdbError
from stalkeer.jobs.downloads.choosing import explain_wanted
from stalkeer.jobs.downloads.queue import QueueRules, plan_queue
from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.library_cache import use_context
from stalkeer.jobs.matching.match import Matching, match_wanted
from stalkeer.jobs.matching.rule_effects import keep_rules, preview_rule, withdraw_rules
from stalkeer.jobs.matching.rules import Offset, rule_of_entry, rule_of_match, rule_of_pair, rule_of_series
from stalkeer.model import Decision, EventKind, WantedId
from stalkeer.settings.sections.jobs import MatchingSettings
from stalkeer.store.db.tables import entries, library, match_marks, sources, wanted
from stalkeer.store.journal.events import EventFilter, list_events
from stalkeer.store.matching.blocklist import BarredEntry, block_entry
from stalkeer.store.matching.matches import MatchFilter, list_matches
from stalkeer.store.matching.rules import list_rules
from stalkeer.store.sources.habits import note_habits
from tests.doubles.catalogue import Catalogue


class Listed:
    """A catalogue that lists what it was given, and remembers what it was asked."""

    def __init__(self, **found):
        self.found = found
        self.asked = []
        self.is_down = False

    def search(self, kind, term):
        self.asked.append((kind, term))
        if self.is_down:
            raise ArrUnreachable("no answer")
        return self.found.get(term.split()[0], ())


@pytest.fixture
def house(any_database, clock):
    return Catalogue(any_database, clock)


def matching_of(house, lookup=None, **settings):
    return Matching(house.database, MatchingSettings(**settings), house.clock, lookup)


def run(house, lookup=None, only=None, **settings):
    return match_wanted(matching_of(house, lookup, **settings), QuietRun(), only)


def decisions(house):
    """item -> entry name -> decision"""
    with house.database.connect() as connection:
        rows = list_matches(connection, MatchFilter(), limit=100)
    found = {}
    for row in rows:
        found.setdefault(row.wanted_id, {})[row.entry_name] = row.decision.value
    return found


def test_a_film_of_the_same_title_and_year_is_confirmed_and_told(house):
    dune = house.film("Dune", 2021)
    house.list_entries("EN - Dune (2021) 4K", "Dune (1984)", "Duna Vermelha (2021)")

    report = run(house)

    assert decisions(house) == {dune: {"EN - Dune (2021) 4K": "confirm"}}
    assert report.confirmed == 1
    with house.database.connect() as connection:
        assert [row.event.message for row in list_events(connection, EventFilter())] == ["Dune (2021) was found"]


def told_of_review(house):
    with house.database.connect() as connection:
        rows = list_events(connection, EventFilter(kinds=(EventKind.MATCH_REVIEW,)))
    return [row.event.message for row in rows]


def test_the_first_match_of_an_item_to_review_is_told_once_and_none_of_an_item_that_was_found(house):
    house.film("Dune", 2021)
    house.film("Amber Lane", 2001)
    house.list_entries("Dune", "Amber Lane", "Amber Lane (2001)")

    run(house)
    assert told_of_review(house) == ["Dune (2021) has a match to review"]
    house.list_entries("DUNE")
    run(house)
    house.film("Quiet Harbour", 2014)
    house.list_entries("Quiet Harbour")
    run(house)

    assert sorted(told_of_review(house)) == [
        "Dune (2021) has a match to review",
        "Quiet Harbour (2014) has a match to review",
    ]


def test_hundreds_of_matches_to_review_are_one_event(house):
    words = ("Amber", "Cobalt", "Dusky", "Early", "Faded")
    names = [f"{one} {two} {three}" for one in words for two in words for three in ("Harbour", "Lane", "Sky", "Wind")]
    for name in names:
        house.film(name, 2014)
    house.list_entries(*names)

    run(house)

    assert told_of_review(house) == ["100 wanted items have matches to review"]


def test_a_second_run_with_nothing_new_writes_nothing(house):
    house.film("Dune", 2021)
    house.list_entries("Dune (2021)")
    run(house)

    report = run(house)

    assert (report.items, report.entries, report.written, report.confirmed) == (0, 0, 0, 0)


def test_a_new_entry_is_matched_without_a_look_at_the_rest(house):
    dune = house.film("Dune", 2021)
    house.list_entries("Some Film (1999)")
    run(house)
    house.list_entries("Dune (2021)")

    report = run(house)

    assert (report.items, report.entries) == (0, 1)
    assert decisions(house) == {dune: {"Dune (2021)": "confirm"}}


def test_a_new_wanted_item_is_found_among_old_entries_in_any_spelling(house):
    house.film("Dune", 2021)
    house.list_entries(
        "Dune (2021)", "The Grand Budapest Hotell (2014)", "Grand Budapest Hotel, The - 2014", "X (2014)"
    )
    run(house)
    hotel = house.film("The Grand Budapest Hotel", 2014)

    report = run(house)

    assert report.items == 1
    assert set(decisions(house)[hotel]) == {"The Grand Budapest Hotell (2014)", "Grand Budapest Hotel, The - 2014"}


def test_what_is_remembered_between_runs_is_what_one_without_memory_would_read(house):
    remembering = matching_of(house)
    first, second = house.film("Dune", 2021), house.film("Quiet Harbour", 2014)
    house.list_entries("Dune (2021)", "Quiet Harbour (2014)", "Amber Lane (2001)")

    def change(wanted_id, **values):
        with house.database.begin() as connection:
            connection.execute(update(wanted).where(wanted.c.id == wanted_id).values(**values))

    steps = [
        lambda: None,
        lambda: house.film("Amber Lane", 2001),
        lambda: house.film("Dune", 1984, is_wanted=False),  # a rival
        lambda: change(first, gone_at=house.clock()),
        lambda: change(first, gone_at=None),
        lambda: change(second, fingerprint="another"),
        lambda: change(second, matched_fingerprint=None),
        lambda: house.list_entries("Dune 2021 4K"),
        lambda: change(second, gone_at=house.clock(), matched_fingerprint=None),
    ]
    for step in steps:
        step()
        with use_context(matching_of(house)) as fresh, use_context(remembering) as known:
            assert known.dirty_items() == fresh.dirty_items()
            assert known.matched == fresh.matched
        match_wanted(remembering, QuietRun())

    with use_context(remembering) as known:
        assert known.dirty_items() == {}


def test_a_context_in_use_stays_as_it_is_while_another_run_reads_what_came(house):
    house.film("Dune", 2021)
    matching = matching_of(house)
    run(house)

    with use_context(matching) as first:
        before = set(first.matcher().items)
        new = house.film("Quiet Harbour", 2014)
        with use_context(matching) as second:
            assert new in second.matcher().items
        assert set(first.matcher().items) == before

    with use_context(matching) as third:
        assert third is second


def test_an_item_that_is_wanted_no_more_is_not_explained_from_memory(house):
    dune = house.film("Dune", 2021)
    matching = matching_of(house)
    explain_wanted(matching, WantedId(dune))
    with house.database.begin() as connection:
        connection.execute(update(wanted).values(gone_at=house.clock()))

    with pytest.raises(NotFound):
        explain_wanted(matching, WantedId(dune))


@pytest.mark.parametrize("comes_later", ["item", "entry"])
def test_what_a_silent_catalogue_left_open_is_asked_by_the_next_run(house, comes_later):
    silent, answering = Listed(), Listed()
    silent.is_down = True
    if comes_later == "item":
        house.list_entries("Maniac")
    maniac = house.film("Maniac", 1980)
    if comes_later == "entry":
        run(house, answering)
        house.list_entries("Maniac")

    run(house, silent)
    between = decisions(house)
    run(house, answering)

    assert (between, decisions(house)) == ({maniac: {"Maniac": "review"}}, {maniac: {"Maniac": "confirm"}})
    assert run(house, answering).items == 0


def test_an_entry_that_is_gone_takes_its_match_along_when_its_item_is_matched_again(house):
    dune = house.film("Dune", 2021)
    [first] = house.list_entries("Dune (2021)")
    run(house)
    house.drop_entry(first)

    run(house, only=[WantedId(dune)])

    assert decisions(house) == {}


def test_an_owned_film_that_fits_better_keeps_its_entries(house):
    house.film("Savages", 2012, is_wanted=False)
    house.film("The Savages", 2007)
    house.list_entries("Savages (2012)", "Savages")

    run(house, Listed())

    assert decisions(house) == {}


def test_a_rival_that_joins_the_library_unsettles_a_match_that_was_sure(house):
    ghosts = house.series("Ghosts", 2019)
    first = house.episode(ghosts, 1, 1)
    house.list_entries("Ghosts S01E01", kind="episode")
    run(house, Listed())
    assert decisions(house)[first] == {"Ghosts S01E01": "confirm"}
    house.series("Ghosts (US)", 2021)

    run(house, Listed())

    assert decisions(house)[first] == {"Ghosts S01E01": "review"}


def test_the_effect_of_a_rule_is_told_with_the_namesakes_that_the_match_after_it_asks_for(house):
    """A title without a year is sure once nobody else bears it: a preview without that answer told of no change."""
    series = house.series("Silver Lantern", 2020, tvdb_id=371980)
    items = [house.episode(series, 2, number) for number in (1, 2, 3)]
    house.list_entries(*(f"Silver Lantern S01E{number}" for number in (13, 14, 15)), kind="episode")
    matching = matching_of(house, Listed())
    run(house, Listed())
    rule = rule_of_series(matching, WantedId(items[0]), Offset(1, -12, 1))

    preview = preview_rule(matching, rule)
    [kept] = keep_rules(matching, [rule], RuleOrigin.USER, QuietRun())

    assert sorted(change.item for change in preview.changes if change.after is Decision.CONFIRM) == [
        "Silver Lantern S02E01",
        "Silver Lantern S02E02",
        "Silver Lantern S02E03",
    ]
    assert kept.changes == preview.changes
    with house.database.connect() as connection:
        found = list_matches(connection, MatchFilter(decision=Decision.CONFIRM), limit=9)
    assert {row.wanted_id for row in found} == set(items)


def test_a_title_without_a_year_is_sure_only_once_a_lookup_knows_of_nobody_else(house):
    solo = house.film("Nomadland", 2020)
    shared = house.film("Maniac", 1980)
    house.list_entries("Nomadland", "Maniac")
    lookup = Listed(Maniac=(Namesake("Maniac", 2012, (), 75), Namesake("Maniac", 1980, (), 1002)))
    run(house)
    assert decisions(house) == {solo: {"Nomadland": "review"}, shared: {"Maniac": "review"}}

    run(house, lookup, only=[WantedId(solo), WantedId(shared)])

    assert decisions(house) == {solo: {"Nomadland": "confirm"}, shared: {"Maniac": "review"}}


def test_a_lookup_is_asked_once_a_month_and_again_after_it_failed(house, clock):
    solo = [WantedId(house.film("Nomadland", 2020))]
    house.list_entries("Nomadland")
    lookup = Listed()
    lookup.is_down = True
    assert run(house, lookup).unasked == 1
    lookup.is_down = False
    run(house, lookup, only=solo)
    run(house, lookup, only=solo)
    assert len(lookup.asked) == 2
    clock.advance(timedelta(days=31).total_seconds())

    run(house, lookup, only=solo)

    assert len(lookup.asked) == 3


def test_a_stricter_setting_matches_everything_again(house):
    dune = house.film("Dune", 2021)
    house.list_entries("FR Dune (2021)")
    run(house)
    before = decisions(house)[dune]

    run(house, auto_confirm=1.0)

    assert before == {"FR Dune (2021)": "confirm"}
    assert decisions(house)[dune] == {"FR Dune (2021)": "review"}


def test_what_the_user_rejected_stays_rejected_through_rebuilds_and_can_be_taken_back(house):
    dune = house.film("Dune", 2021)
    house.list_entries("Dune (2021)")
    run(house)
    with house.database.connect() as connection:
        [row] = list_matches(connection, MatchFilter())
    matching = matching_of(house)
    rule = rule_of_match(matching, row.id, RuleAction.REJECT, "a documentary")
    [outcome] = keep_rules(matching, [rule], RuleOrigin.USER, QuietRun())
    with house.database.begin() as connection:
        connection.execute(update(wanted).values(matched_fingerprint=None))
        connection.execute(match_marks.delete())
    run(house)

    assert decisions(house) == {dune: {"Dune (2021)": "rejected"}}
    assert [(change.before, change.after) for change in outcome.changes] == [(Decision.CONFIRM, Decision.REJECTED)]
    withdraw_rules(matching, [outcome.rule_id], QuietRun())
    assert decisions(house) == {dune: {"Dune (2021)": "confirm"}}


def test_a_pin_makes_any_entry_the_item_whatever_its_name(house):
    dune = house.film("Dune", 2021)
    [entry] = house.list_entries("Wüstenplanet Neu")
    matching = matching_of(house)
    run(house)

    keep_rules(matching, [rule_of_pair(matching, WantedId(dune), entry, RuleAction.PIN)], RuleOrigin.USER, QuietRun())

    assert decisions(house) == {dune: {"Wüstenplanet Neu": "confirm"}}
    run(house, only=[WantedId(dune)])
    assert decisions(house) == {dune: {"Wüstenplanet Neu": "confirm"}}


def test_a_pin_on_a_title_holds_for_all_its_episodes(house):
    dark = house.series("Dark", 2017)
    items = [house.episode(dark, 1, n) for n in (1, 2)]
    first, _ = house.list_entries("Noite Escura S01E01", "Noite Escura S01E02", kind="episode")
    matching = matching_of(house)
    run(house)
    pin = replace(rule_of_pair(matching, WantedId(items[0]), first, RuleAction.PIN), episode=None, entry_key=None)
    pin = replace(pin, season=None, source_slug=None, title_key="noiteescura")

    keep_rules(matching, [pin], RuleOrigin.USER, QuietRun())
    run(house, only=[WantedId(item) for item in items])

    assert {item: list(found.values()) for item, found in decisions(house).items()} == {
        items[0]: ["confirm"],
        items[1]: ["confirm"],
    }


def test_an_offset_shifts_the_lists_numbers_and_its_preview_says_what_changes(house):
    show = house.series("Long Show", 2001)
    item = house.episode(show, 2, 3)
    house.list_entries("Long Show S01E15", kind="episode")
    matching = matching_of(house, Listed())
    run(house, Listed())
    assert decisions(house) == {}
    rule = rule_of_series(matching, WantedId(item), Offset(season=1, episode=-12, only_season=1))

    preview = preview_rule(matching, rule)
    keep_rules(matching, [rule], RuleOrigin.USER, QuietRun())

    assert [(change.item, change.entry) for change in preview.changes] == [("Long Show S02E03", "Long Show S01E15")]
    assert decisions(house) == {item: {"Long Show S01E15": "confirm"}}


def test_decisions_outlive_a_film_that_is_added_again_even_twice_and_entries_that_come_back(house):
    gone = house.film("Ember", 2011, tmdb_id=11)
    [pinned, other] = house.list_entries("Glut (2011)", "Ember (2011)")
    matching = matching_of(house)
    run(house)
    for entry, action in ((pinned, RuleAction.PIN), (other, RuleAction.REJECT)):
        keep_rules(matching, [rule_of_pair(matching, WantedId(gone), entry, action)], RuleOrigin.USER, QuietRun())
    house.drop_entry(pinned)
    with house.database.begin() as connection:
        connection.execute(wanted.delete())
        connection.execute(library.delete())
        connection.execute(update(entries).where(entries.c.id == pinned).values(key="as it was"))
    with house.database.connect() as connection:
        kept = next(row.rule for row in list_rules(connection) if row.rule.action is RuleAction.PIN)
    again = house.film("Ember", 2011, tmdb_id=11)
    second = house.film("Ember", 2011, tmdb_id=11)
    house.list_entries("Glut (2011)", key=kept.entry_key)
    run(house)

    both = {"Glut (2011)": "confirm", "Ember (2011)": "rejected"}
    assert decisions(house) == {again: both, second: both}


def test_an_offset_outlives_a_series_that_is_renumbered(house):
    show = house.series("Long Show", 2001, tvdb_id=90)
    item = house.episode(show, 2, 3)
    house.list_entries("Long Show (2001) S01E15", kind="episode")
    matching = matching_of(house)
    run(house)
    keep_rules(matching, [rule_of_series(matching, WantedId(item), Offset(1, -12))], RuleOrigin.USER, QuietRun())
    assert list(decisions(house)) == [item]

    with house.database.begin() as connection:
        connection.execute(update(wanted).values(episode=4, fingerprint="renumbered"))
    new = house.episode(show, 2, 3)
    run(house)

    assert decisions(house) == {new: {"Long Show (2001) S01E15": "confirm"}}


def test_a_blocked_entry_is_never_used(house):
    dune = house.film("Dune", 2021)
    blocked, _ = house.list_entries("Dune (2021)", "FR - Dune (2021)")
    matching = matching_of(house)
    run(house)

    keep_rules(matching, [rule_of_entry(matching, blocked, "a trailer inside")], RuleOrigin.VERIFY, QuietRun())

    assert decisions(house) == {dune: {"Dune (2021)": "rejected", "FR - Dune (2021)": "confirm"}}


def test_an_entry_that_is_blocked_for_one_item_serves_the_others(house):
    show = house.series("Long Show", 2001)
    first, second = house.episode(show, 1, 1), house.episode(show, 1, 2)
    name = "Long Show (2001) S01E01E02"
    house.list_entries(name, kind="episode")
    with house.database.begin() as connection:
        key = connection.scalar(select(entries.c.key))
        source = connection.scalar(select(entries.c.source_id))
        block_entry(connection, BarredEntry(source, key, "Long Show", [WantedId(first)]), "it is cut", house.clock())

    run(house)

    assert decisions(house) == {first: {name: "rejected"}, second: {name: "confirm"}}


def test_an_explanation_says_what_stopped_each_candidate(house):
    dune = house.film("Dune", 2021)
    house.list_entries("Dune (1984)", "Dune (2021) Trailer")
    run(house)

    explanation = explain_wanted(matching_of(house), WantedId(dune))

    reasons = {pair.entry.name: pair.reason for pair in explanation.pairs}
    assert reasons == {
        "Dune (1984)": "the year 1984 is not 2021",
        "Dune (2021) Trailer": "the name says that it is a trailer or another extra",
    }
    assert explanation.summary.startswith("No candidate is good enough")


def test_an_explanation_without_candidates_names_what_comes_near(house):
    item = house.episode(house.series("Severance", 2022), 1, 2)
    house.list_entries("Severance S01E01", kind="episode")

    explanation = explain_wanted(matching_of(house), WantedId(item))

    assert explanation.summary == "Its title is there, but not this episode."
    assert [(entry.name, reason) for entry, reason in explanation.others] == [
        ("Severance S01E01", "its name says S01E01")
    ]


def test_ids_and_posters_of_the_account_are_evidence(house):
    film = house.film("Aşk Zamanı", 2000, tmdb_id=843, poster="iYypPT4bhqXfq1b6EnmxvRt6b2Y.jpg")
    house.list_entries("In the Mood (2001)", "Im Zeichen der Liebe (2000)", tmdb_id=843)
    house.list_entries("Ask Zamani", logo="https://image.tmdb.org/t/p/w600/iYypPT4bhqXfq1b6EnmxvRt6b2Y.jpg")
    house.list_entries("Aşk Zamanı (2000)", tmdb_id=99)

    run(house)

    assert decisions(house)[film] == {
        "Ask Zamani": "confirm",
        "Im Zeichen der Liebe (2000)": "confirm",  # a name that no title of ours knows: id and year agree
        "In the Mood (2001)": "review",
    }


def test_many_wanted_items_take_the_way_over_all_titles_and_find_the_same(house):
    films = [house.film(f"Feature Number {n}", 2000) for n in range(60)]
    house.list_entries(*(f"Feature Number {n} (2000)" for n in range(60)))

    run(house)

    assert decisions(house) == {film: {f"Feature Number {n} (2000)": "confirm"} for n, film in enumerate(films)}


class World:
    """A catalogue of titles by identity that remembers whom it was asked about."""

    def __init__(self, **found):
        self.found = found
        self.asked = []
        self.is_down = False

    def titles_of(self, work):
        self.asked.append(work.title)
        if self.is_down:
            raise TmdbError("no answer")
        return self.found.get(work.title, WorkTitles())


def test_a_title_that_only_tmdb_knows_finds_its_film_and_is_asked_for_once(house):
    salt = house.film("Salt", 2014, tmdb_id=7)
    house.list_entries("FR - La route blanche (2014)", "DE - Weisse Strasse (2014)")
    titles = (WorldTitle("La route blanche", "fr", "FR"), WorldTitle("Weiße Straße", "de", "DE"))
    world = World(Salt=WorkTitles(titles))
    matching = replace(matching_of(house), titles=world, languages=("fr",))

    first, second = match_wanted(matching, QuietRun()), match_wanted(matching, QuietRun())

    assert decisions(house) == {salt: {"FR - La route blanche (2014)": "confirm"}}
    assert (first.titles.works, second.titles.works, world.asked) == (1, 0, ["Salt"])

    match_wanted(replace(matching, titles=None, languages=("de",)), QuietRun())

    assert decisions(house) == {salt: {"DE - Weisse Strasse (2014)": "confirm"}}


def test_a_silent_tmdb_hinders_no_match_and_is_told(house):
    salt, road = house.film("Salt", 2014, tmdb_id=7), house.film("Road", 2015, tmdb_id=8)
    house.list_entries("Salt (2014)", "Road (2015)")
    world = World()
    world.is_down = True

    report = match_wanted(replace(matching_of(house), titles=world), QuietRun())

    assert decisions(house) == {salt: {"Salt (2014)": "confirm"}, road: {"Road (2015)": "confirm"}}
    assert (report.to_document()["titlesError"], len(world.asked)) == ("no answer", 1)


def test_of_the_sure_entries_the_one_in_the_wished_language_is_queued(house):
    house.film("Dune", 2021, original_language="English")
    first, second = house.list_entries("Dune (2021)", "Dune - 2021", resolution=1080)
    with house.database.begin() as connection:
        for entry, language in ((first, "en"), (second, "fr")):
            connection.execute(update(entries).where(entries.c.id == entry).values(languages=language))
    run(house)

    def chosen(*languages):
        with house.database.connect() as connection:
            [planned] = plan_queue(connection, house.clock(), QueueRules(languages)).planned
        return planned.matches[0].entry_id, [reason for reason in planned.reasons if "language" in reason]

    assert chosen("fr", "en") == (second, ["language fr: your wish 1"])
    assert chosen("de", "original") == (first, ["language en: your wish 2"])


def test_a_mark_of_the_list_is_believed_once_its_refresh_has_learnt_it(house):
    wanted_id = house.film("Quiet Harbour", 2011)
    house.list_entries("SCX - Quiet Harbour (2011)")
    run(house)
    before = decisions(house)[wanted_id]

    with house.database.begin() as connection:
        source_id = connection.scalar(select(sources.c.id))
        note_habits(connection, source_id, Habits(frozenset(("scx",))))
    run(house)

    assert before == {"SCX - Quiet Harbour (2011)": "review"}
    assert decisions(house)[wanted_id] == {"SCX - Quiet Harbour (2011)": "confirm"}


def test_a_rule_sleeps_when_its_entry_comes_back_as_another_movie(house):
    wanted_id = house.film("Quiet Harbour", 2011)
    [entry_id] = house.list_entries("Harbour at Rest (2011)")
    run(house)
    keep_rules(
        matching_of(house), [rule_of_pair(matching_of(house), WantedId(wanted_id), entry_id, RuleAction.PIN)],
        RuleOrigin.USER, QuietRun(),
    )  # fmt: skip
    pinned = decisions(house)[wanted_id]

    _rename(house, entry_id, "Harbour at Rest (2011) [4K]")
    run(house)
    decorated = decisions(house)[wanted_id]
    _rename(house, entry_id, "Copper Dawn (2019)")
    run(house)

    assert pinned == {"Harbour at Rest (2011)": "confirm"}
    assert decorated == {"Harbour at Rest (2011) [4K]": "confirm"}
    assert decisions(house)[wanted_id] == {"Copper Dawn (2019)": "review"}
    reason = explain_wanted(matching_of(house), WantedId(wanted_id)).pairs[0].reason
    assert "Harbour at Rest (2011)" in reason
    assert "Copper Dawn (2019)" in reason


def _rename(house, entry_id, name):
    """A refresh after which the list has another name under the same id."""
    with house.database.begin() as connection:
        source_id = connection.scalar(select(entries.c.source_id).where(entries.c.id == entry_id))
        generation = connection.scalar(select(sources.c.generation).where(sources.c.id == source_id)) + 1
        values = {"name": name, "changed_gen": generation}
        connection.execute(update(entries).where(entries.c.id == entry_id).values(values))
        connection.execute(update(sources).where(sources.c.id == source_id).values(generation=generation))


def by_cours(house, *, until=12, source="tv"):
    """Sonarr has one season of twenty-four, of which the second half is missing; the list has two of twelve."""
    series = house.series("Silver Lantern", 2020, series_type="anime", tvdb_id=371980)
    wanted_ids = [house.episode(series, 1, number, absolute=number) for number in range(13, 25)]
    names = [f"Silver Lantern (2020) S{s:02}E{n:02}" for s, last in ((1, 12), (2, until)) for n in range(1, last + 1)]
    house.list_entries(*names, kind="episode", source=source)
    return wanted_ids


def test_episodes_that_a_list_counts_by_cours_are_pairs_for_review_with_the_offset_proposed(house):
    wanted_ids = by_cours(house)

    run(house)

    expected = {id_: {f"Silver Lantern (2020) S02E{n:02}": "review"} for n, id_ in enumerate(wanted_ids, start=1)}
    assert decisions(house) == expected
    explained = explain_wanted(matching_of(house), wanted_ids[0])
    assert explained.pairs[0].decision is Decision.REVIEW
    assert "S02E01 is S01E13 with the proposed offset: the list seems to count by cours" in explained.pairs[0].reason
    offset = rule_of_series(matching_of(house), wanted_ids[0], Offset(-1, 12, only_season=2))
    changes = preview_rule(matching_of(house), offset).changes
    assert {(one.before, one.after) for one in changes} == {(Decision.REVIEW, Decision.CONFIRM)}


def test_an_entry_that_comes_later_puts_up_the_whole_cour_once_it_shows_the_numbering(house):
    wanted_ids = by_cours(house, until=1)
    run(house)
    assert decisions(house) == {}

    house.list_entries("Silver Lantern (2020) S02E02", kind="episode")
    run(house)

    names = [f"Silver Lantern (2020) S02E{number:02}" for number in (1, 2)]
    assert decisions(house) == {id_: {name: "review"} for id_, name in zip(wanted_ids, names, strict=False)}


def test_each_list_is_read_by_its_own_numbering(house):
    wanted_ids = by_cours(house)
    house.list_entries(*(f"Silver Lantern (2020) S01E{n:02}" for n in range(1, 25)), kind="episode", source="other")

    run(house)

    both = {"Silver Lantern (2020) S02E01": "review", "Silver Lantern (2020) S01E13": "confirm"}
    assert decisions(house)[wanted_ids[0]] == both


def test_a_number_that_the_same_list_may_count_by_cours_is_no_proof(house):
    series = house.series("Silver Lantern", 2020, series_type="anime", tvdb_id=371980)
    for number in range(13, 25):
        house.episode(series, 1, number, absolute=number)
    second = [house.episode(series, 2, number, absolute=24 + number) for number in range(1, 13)]
    names = [f"Silver Lantern (2020) S{season:02}E{n:02}" for season in (1, 2, 3) for n in range(1, 13)]
    house.list_entries(*names, kind="episode")

    run(house)

    both = {"Silver Lantern (2020) S02E01": "review", "Silver Lantern (2020) S03E01": "review"}
    assert decisions(house)[second[0]] == both


@pytest.mark.parametrize("kind", ["standard", "daily"])
def test_a_series_that_is_no_anime_is_never_read_by_cours(house, kind):
    series = house.series("Silver Lantern", 2020, series_type=kind, tvdb_id=371980)
    for number in range(13, 25):
        house.episode(series, 1, number, absolute=number)
    house.list_entries(*(f"Silver Lantern (2020) S02E{n:02}" for n in range(1, 13)), kind="episode")

    run(house)

    assert decisions(house) == {}

from dataclasses import replace

import pytest

from stalkeer.core.matching.rank import Preferences, Profile, SizeLimits, Variant, rank_variants
from stalkeer.core.titles.groups import tags_of_group
from stalkeer.model import EntryId

GB = 2**30
LIMITS = SizeLimits("WEBDL-1080p", least=10.0, most=100.0, preferred=60.0)
PROFILE = Profile("HD", ((720, "webdl"), (1080, "webdl")), None, (((1080, "webdl"), LIMITS),), "Radarr")


def variant(
    number: int, gigabytes: float | None, resolution: int | None = 1080, runtime_min: int | None = 100
) -> Variant:
    size = None if gigabytes is None else int(gigabytes * GB)
    return Variant(EntryId(number), 1.0, resolution, size=size, runtime_min=runtime_min)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (variant(1, 12.0), "12.0 GB is larger than Radarr allows for WEBDL-1080p of 100 min (9.8 GB)"),
        (variant(1, 0.5), "0.5 GB is smaller than Radarr allows for WEBDL-1080p of 100 min (1.0 GB)"),
    ],
)
def test_a_size_outside_the_instances_limits_is_refused_with_both_figures(found, words):
    (ranked,) = rank_variants([found], PROFILE)

    assert not ranked.allowed
    assert words in ranked.reasons


@pytest.mark.parametrize(
    "found",
    [
        variant(1, 9.0),
        variant(1, None),  # nobody says: most playlists do not
        variant(1, 30.0, resolution=720),  # no limits are known
        variant(1, 30.0, resolution=None),
        variant(1, 30.0, runtime_min=None),
    ],
)
def test_a_size_within_the_limits_or_without_any_is_taken(found):
    assert rank_variants([found], PROFILE)[0].allowed


def test_of_equals_the_one_nearest_to_the_preferred_size_goes_first_and_an_unknown_size_last():
    ranked = rank_variants([variant(1, None), variant(2, 9.0), variant(3, 6.0), variant(4, 2.0)], PROFILE)

    assert [one.variant.entry_id for one in ranked] == [3, 2, 4, 1]


def test_without_a_preferred_size_the_larger_file_goes_first():
    ranked = rank_variants([variant(1, None), variant(2, 2.0), variant(3, 6.0)])

    assert [one.variant.entry_id for one in ranked] == [3, 2, 1]


def test_what_its_instance_refuses_is_not_taken():
    refused = Variant(EntryId(1), 1.0, 1080, refusal="Radarr has it on its blocklist")

    ranked = rank_variants([refused, variant(2, None, resolution=720)], PROFILE)

    assert [(one.variant.entry_id, one.allowed) for one in ranked] == [(2, True), (1, False)]
    assert "Radarr has it on its blocklist" in ranked[1].reasons


def spoken(number: int, *languages: str, resolution: int = 1080) -> Variant:
    return Variant(EntryId(number), 1.0, resolution, languages=languages)


def test_languages_are_wished_for_in_their_order_and_none_is_refused():
    found = [spoken(1, "en", resolution=2160), spoken(2), spoken(3, "fr"), spoken(4, "ja", "en")]
    wishes = Preferences(("fr", "original"), original_language="ja")

    ranked = rank_variants(found, preferences=wishes)

    assert [one.variant.entry_id for one in ranked] == [3, 4, 2, 1]
    assert all(one.allowed for one in ranked)
    assert [one.reasons[-1] for one in ranked if one.variant.languages] == [
        "language fr: your wish 1",
        "language ja, en: your wish 2",
        "language en: none of your wishes",
    ]


def test_what_the_profile_refuses_stays_behind_whatever_its_language():
    ranked = rank_variants([spoken(1, "fr", resolution=480), spoken(2, "en")], PROFILE, Preferences(("fr",)))

    assert [(one.variant.entry_id, one.allowed) for one in ranked] == [(2, True), (1, False)]


ONE_RESOLUTION = Profile("Ultra-HD", ((2160, "webdl"), (2160, "bluray")))


def test_an_unknown_resolution_is_taken_last_where_the_profile_allows_one_only():
    spanish = Preferences(languages=("es",))
    silent = Variant(EntryId(1), 1.0, None, languages=("es",), source_priority=9, size=9 * GB)
    named = Variant(EntryId(2), 0.96, 2160, languages=("en",))

    ranked = rank_variants([silent, named], ONE_RESOLUTION, spanish)

    assert [(one.variant.entry_id, one.allowed) for one in ranked] == [(2, True), (1, True)]
    assert "its resolution is not known and the profile 'Ultra-HD' allows 2160p only: taken last" in ranked[1].reasons


def test_what_is_refused_still_comes_behind_an_unknown_resolution():
    ranked = rank_variants([Variant(EntryId(1), 1.0, 1080), Variant(EntryId(2), 1.0, None)], ONE_RESOLUTION)

    assert [(one.variant.entry_id, one.allowed) for one in ranked] == [(2, True), (1, False)]


@pytest.mark.parametrize(
    "profile",
    [
        Profile("HD", ((720, "webdl"), (1080, "webdl"))),
        Profile("Any 4K", ((0, "unknown"), (2160, "webdl"))),  # a quality without a resolution allows every one
        Profile("any"),
    ],
)
def test_an_unknown_resolution_keeps_its_place_where_the_profile_leaves_a_choice(profile):
    silent = Variant(EntryId(1), 1.0, None, languages=("es",))
    named = Variant(EntryId(2), 1.0, 2160 if profile.name == "Any 4K" else 1080, languages=("en",))

    ranked = rank_variants([named, silent], profile, Preferences(languages=("es",)))

    assert [one.variant.entry_id for one in ranked] == [1, 2]


@pytest.mark.parametrize("resolution", [None, 720, 1080])
def test_a_recording_made_in_a_cinema_is_taken_only_where_the_profile_names_it(resolution):
    recording = replace(variant(1, None, resolution=resolution), source="cam")
    allowing = Profile("Anything", ((0, "cam"), (1080, "webdl")))

    assert not rank_variants([recording])[0].allowed
    assert not rank_variants([recording], PROFILE)[0].allowed
    assert rank_variants([recording], allowing)[0].allowed


def test_a_file_of_two_episodes_is_taken_for_one_only_where_no_file_has_it_alone():
    double = replace(variant(1, None, resolution=1080), episodes=2)
    single = variant(2, None, resolution=720)

    assert [one.variant.entry_id for one in rank_variants([double, single])] == [2, 1]
    assert [one.variant.entry_id for one in rank_variants([replace(double, serves=2), single])] == [1, 2]


WISHED = Preferences(languages=("fr", "en"))


def test_a_groups_language_and_quality_order_variants_whose_names_are_silent():
    silent = Variant(EntryId(1), 1.0, None)
    grouped = Variant(EntryId(2), 1.0, None, group=tags_of_group("|FR| FILMS 4K UHD"))
    named = Variant(EntryId(3), 1.0, 1080, languages=("fr",))

    ranked = rank_variants([silent, grouped, named], preferences=WISHED)

    assert [found.variant.entry_id for found in ranked] == [3, 2, 1]
    assert "its group says 2160p" in ranked[1].reasons
    assert "its group says language fr" in ranked[1].reasons


def test_a_name_is_believed_before_its_group_and_a_group_refuses_nothing():
    profile = Profile("HD", ((1080, "webdl"),))
    grouped = Variant(EntryId(1), 1.0, None, group=tags_of_group("EN | FILMS 4K"))
    named = Variant(EntryId(2), 1.0, 1080, languages=("en",), group=tags_of_group("|FR| FILMS 4K UHD"))

    ranked = rank_variants([grouped, named], profile, replace(WISHED, refused_languages=("fr",)))

    assert [found.variant.entry_id for found in ranked] == [2, 1]
    assert all(found.allowed for found in ranked)


def test_what_stands_in_a_group_of_cinema_recordings_is_one_unless_its_name_says_another_source():
    silent = Variant(EntryId(1), 1.0, 1080, group=tags_of_group("Filmes | Cinema (CAM)"))
    named = Variant(EntryId(2), 1.0, 1080, source="webdl", group=tags_of_group("Filmes | Cinema (CAM)"))

    ranked = {found.variant.entry_id: found.allowed for found in rank_variants([silent, named])}

    assert ranked == {1: False, 2: True}

import pytest

from stalkeer.adapters.files.container import ContainerFacts
from stalkeer.core.naming.languages import language_code
from stalkeer.jobs.imports.verify import problem_of_duration, problem_of_languages
from stalkeer.settings.sections.transfers import DownloadSettings


def facts(minutes=None, languages=()):
    return ContainerFacts(
        "matroska", is_whole=True, duration_s=None if minutes is None else minutes * 60, audio_languages=languages
    )


@pytest.mark.parametrize(
    ("minutes", "runtime", "is_fine"),
    [
        (100, 100, True),
        (96, 100, True),  # PAL
        (130, 100, True),  # a longer cut
        (0.5, 100, False),  # a notice of an expired account
        (3, 100, False),  # a trailer
        (300, 45, False),  # a season in one file
        (None, 100, True),
        (3, None, True),
    ],
)
def test_playing_time_against_the_items_runtime(minutes, runtime, is_fine):
    problem = problem_of_duration(facts(minutes), None if runtime is None else runtime * 60, 0.4)

    assert (problem is None) is is_fine


def test_no_tolerance_compares_nothing():
    assert problem_of_duration(facts(1), 6000, 0) is None


@pytest.mark.parametrize(
    ("spoken", "wished", "is_fine"),
    [
        (("fre",), ("fr",), True),
        (("eng", "fre"), ("fr",), True),
        (("eng",), ("fr",), False),
        (("eng",), (), True),
        (("und",), ("fr",), True),  # it names none
        (("pt-BR",), ("pt",), True),
        (("ger",), ("de", "en"), True),
        (("bul",), ("bg",), True),
        (("wel",), ("cy",), True),
        (("baq", "eng"), ("eu",), True),
        (("mac",), ("Macedonian",), True),
        (("nob",), ("nor",), True),
        (("eng", "und"), ("fr",), True),  # the one without a name may be it
        (("eng", "qaa"), ("fr",), True),  # "original language" of a broadcast
        (("eng", "mul"), ("fr",), True),
        (("eng", "zxx"), ("fr",), False),  # nobody speaks on that one
        (("hrv",), ("hu",), False),
    ],
)
def test_audio_languages_against_the_wished_ones(spoken, wished, is_fine):
    problem = problem_of_languages(facts(languages=spoken), tuple(map(language_code, wished)))

    assert (problem is None) is is_fine


def test_what_names_no_language_is_told_when_it_is_wished():
    with pytest.raises(ValueError, match="klingonese: no language that is known; accepted"):
        DownloadSettings(audio_languages=("fr", "klingonese"))

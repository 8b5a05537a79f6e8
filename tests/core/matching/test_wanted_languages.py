"""Languages wanted by an instance, preferred or required."""

import pytest

from stalkeer.core.matching.rank import Preferences, Variant, rank_variants
from stalkeer.core.matching.wanted_languages import WantedLanguages, of_old_settings, read_wanted_languages


def test_each_language_is_preferred_unless_it_is_required():
    found = read_wanted_languages(["fr", "en:require", "original:prefer"])

    assert found == WantedLanguages(("fr", "en", "original"), ("en",))


@pytest.mark.parametrize("wrong", ["french", "fr:must", "", "fr,en"])
def test_a_value_that_is_no_language_is_refused_with_the_accepted_form(wrong):
    with pytest.raises(ValueError, match="accepted: fr, en:require"):
        read_wanted_languages([wrong])


@pytest.mark.parametrize(
    ("original", "required"), [("ja", ("ja",)), (None, ())], ids=["known", "an unknown one requires nothing"]
)
def test_the_original_language_is_that_of_the_item(original, required):
    assert read_wanted_languages(["original:require"]).resolved(original).required == required


@pytest.mark.parametrize(
    ("languages", "is_taken"),
    [(("fr",), True), (("de",), False), ((), True), (("multi",), True), (("de", "fr"), True)],
    ids=["the required one", "another", "unknown", "several", "among others"],
)
def test_a_required_language_refuses_what_is_known_to_lack_it_and_nothing_else(languages, is_taken):
    variant = Variant(entry_id=1, score=1.0, resolution=1080, languages=languages)

    (ranked,) = rank_variants([variant], preferences=Preferences(("fr",), required_languages=("fr",)))

    assert ranked.allowed is is_taken


def test_the_old_settings_have_a_new_form():
    assert of_old_settings(("fr", "original"), ("fr", "en")) == ("fr:require", "original", "en:require")

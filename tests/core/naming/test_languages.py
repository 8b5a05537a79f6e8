"""One place knows every form in which a language is named."""

import pytest

from stalkeer.core.naming.languages import language_code


@pytest.mark.parametrize(
    ("forms", "code"),
    [
        ("bul bg Bulgarian BUL bg-BG", "bg"),
        ("cym wel cy Welsh", "cy"),
        ("mkd mac mk Macedonian", "mk"),
        ("eus baq eu Basque", "eu"),
        ("msa may ms zsm Malay", "ms"),
        ("fra fre fr French fr-CA fr_CA", "fr"),
        ("swe sv Swedish", "sv"),
        ("nor nob nno no nb nn Norwegian", "no"),
        ("zho chi zh cmn yue zh-Hant-TW Chinese", "zh"),
        ("hrv hr scr Croatian", "hr"),
        ("tgl fil tl Filipino", "tl"),
        ("heb he iw Hebrew", "he"),
        ("pob pt-BR pt por", "pt"),
    ],
)
def test_every_form_of_a_language_is_the_same_language(forms, code):
    assert {language_code(form) for form in forms.split()} == {code}


@pytest.mark.parametrize(
    ("name", "code"),
    [("Portuguese (Brazil)", "pt"), ("Spanish (Latino)", "es"), ("Norwegian Bokmål", "no"), (" flemish ", "nl")],
)
def test_names_as_instances_write_them_are_known(name, code):
    assert language_code(name) == code


@pytest.mark.parametrize("text", ["", "und", "mul", "mis", "zxx", "qaa", "xx", "bu", "Unknown", "Original", "-", "()"])
def test_what_names_no_language_is_empty(text):
    assert language_code(text) == ""

"""Recognise groups that are labelled as adult, in any script, and give the label for the user to judge."""

from __future__ import annotations

import re
import unicodedata

_LETTER = r"[^\W\d_]"
# A word that means something else beside these is none. Each pattern is removed before the label is looked for.
_HARMLESS = re.compile(
    r"""\[?\badult\s+swim\b\]?
    | \b(?:young|new|jeunes?|jóvenes|jovens?|giovani|junge|unge|jong|unga)[\s-]+
      (?:adult\w*|erwachsene\w*|voksne|volwassene\w*|vuxna)
    | \badult[\s-]+(?:animation|animated|cartoons?|comed(?:y|ies)|drama|contemporary|hits|education|learning|literacy)\b
    | \b(?:no|non|not|without|sans|sin|sem|ohne|zonder|senza|uten|utan|bez|без)[\s-]+
      (?:adult\w*|xxx|18\s?\+|porn\w*|erwachsene\w*|взрослых)
    | \b(?:kids|children|enfants?|family)\s*(?:&|and|et|\+|/)\s*adult\w*
    | (?:мульт\w*|анимац\w*|animation|anim[eé]|cartoons?|dessins?\s+anim[eé]s?)[\s\W]+(?:(?:для|pour|for|za|dla)\s+)?
      (?:взрослых|adultes?|adults?|dorosłych)
    | \bxxx\s*(?:collection|saga|trilogy|filmreihe|franchise|\(?20(?:02|05|17)\b|:?\s*(?:return|state\s+of|the\s+next))
    | \b(?:wrestlemania|super\s+bowl|bowl|season|saison|staffel|chapter|part|vol(?:ume)?\.?|edition)\s+xxx\b
    | 成人(?:礼|式|教育|高考)|성인\s?(?:가요|교육)""",
    re.IGNORECASE | re.VERBOSE,
)
_LABEL = re.compile(
    rf"""(?<!{_LETTER})(?:
        x(?:[\s.*-]?x){{2,}}                                                             # also x-x-x
      | adults?|adultes?|adultos?|adultas?|adulti|adulţi|adulți|erwachsenen?|volwassenen?|voksne|voksen|vuxna|vuxen
      | for\sadults|porn\w*|порно\w*|hentai|erotica?|erótic[oa]s?|erotyk[ai]|erotyczn\w+|erotik|eroottis\w+
      | dorosłych|dorośli|dospělé|dospělí|dospelých|felnőtt\w*|odrasle|odrasli|aikuisviihde|aikuisille|suaugusiems
      | pieaugušajiem|täiskasvanutele|yetişkin(?:ler\w*)?|dewasa|người\slớn
      | взросл(?:ые|ых|ым)|х[\s.*-]?х[\s.*-]?х+|эротик[аи]|доросл(?:і|их)|еротик[аи]|възрастни|возрасни|одрасле
      | ενηλίκων|ενήλικες|ερωτικ\w+|πορνό
      | brazzers|playboy|milfs?|onlyfans
      | (?:ל)?מבוגרים|ארוטי\w*
      | (?:ل?ل|ال)?(?:كبار(?:\sفقط)?|بالغين)|[إا]باحي\w*|بزرگسالان?
    )(?!{_LETTER})
    | (?<![\d\w])(?:18|21)\s?(?:\+|plus\b|плюс\b)(?!\s?\d)
    | (?<![\d\w-])18\s(?:ans\set|años\s[oy]|anos\se|anni\se|лет\sи|jahre\sund|let\sa|lat\si)\s\w+
    | (?<![\w])\+\s?(?:18|21)(?![\w.,])
    | 🔞|18\s?禁|19\s?금|成人|情色|色情|三级片|アダルト|성인|에로|ผู้ใหญ่|หนังโป๊|वयस्क""",
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE_PLUS = re.compile(r"[^\W\d_]\s*$")


def adult_label(group: str) -> str | None:
    """Return the label that marks a group as adult, or None.

    >>> adult_label("FOR ADULTS | 18+")
    'for adults'
    >>> adult_label("[adult swim]"), adult_label("FILMS 2018+"), adult_label("CANAL+ 18h")
    (None, None, None)
    """
    text = _HARMLESS.sub(" ", unicodedata.normalize("NFKC", group))
    for found in _LABEL.finditer(text):
        if not (found[0].startswith("+ ") and _BEFORE_PLUS.search(text[: found.start()])):  # `CANAL + 18`
            return found[0].strip().lower()
    return None


def is_adult(group: str) -> bool:
    return adult_label(group) is not None

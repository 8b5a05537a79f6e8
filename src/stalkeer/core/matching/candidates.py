"""Choose the series entries whose account is asked for their episodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stalkeer.core.matching.works import Work
from stalkeer.core.titles.normalise import ARTICLES

_ARTICLE_LENGTHS = sorted({len(article) for article in ARTICLES})


def series_candidates(works: Iterable[Work], keys: Mapping[int, Sequence[str]]) -> dict[int, frozenset[str]]:
    """Map each title to the identities of the works with that title, with or without an article.

    Typing errors are not considered, because each candidate costs a query.
    """
    by_base: dict[str, set[str]] = {}
    for work in works:
        for name in work.names:
            by_base.setdefault(name.base, set()).add(work.identity)
            by_base.setdefault(name.key, set()).add(work.identity)
    found: dict[int, frozenset[str]] = {}
    for title_id, own in keys.items():
        named = {identity for key in own for form in _forms(key) for identity in by_base.get(form, ())}
        if named:
            found[title_id] = frozenset(named)
    return found


def _forms(key: str) -> list[str]:
    """Return the key, and the key without each article that it may begin with."""
    return [key, *(key[length:] for length in _ARTICLE_LENGTHS if key[:length] in ARTICLES and len(key) > length)]

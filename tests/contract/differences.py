"""What versions before the documents' own answer differently, row by row: named, so that nothing else passes unseen.

Read from recordings of Sonarr 3.0.10 and Radarr 3.0.1. `until` is the first version without the difference; where it is
not known exactly, it is the oldest version that we support.
"""

from __future__ import annotations

from dataclasses import dataclass

from stalkeer.adapters.arr.versions import numbers


@dataclass(frozen=True)
class Difference:
    """`endpoint` may be a beginning. `fields` are names that the documents no longer have, `kinds` other forms."""

    program: str
    until: str
    endpoint: str
    status: int | None = None
    fields: str = ""
    kinds: str = ""
    query: str = ""

    def explains(self, problem: str) -> bool:
        """Tell whether a problem (`GET movie[0].x: no field of Movie`) is this difference."""
        where, _, what = problem.partition(": ")
        names = where.replace("]", "").replace("[", ".").split(".")
        if what.startswith("no field"):
            return names[-1] in self.fields.split()
        return names[-1] in self.kinds.split()


_LANGUAGE = "language languageCutoffNotMet"
_NOTIFICATION = "onDelete supportsOnDelete"
DIFFERENCES = (
    Difference("radarr", "5.6.0.8846", "GET wanted/", status=404),
    Difference("radarr", "4.0.0.5745", "GET blocklist", status=404),
    Difference("radarr", "3.1.0.4893", "GET parse", status=404),
    Difference("radarr", "4.0.3.5879", "GET system/status", fields="isMono isMonoRuntime sqliteVersion"),
    Difference("radarr", "4.0.3.5879", "GET config/naming", fields="includeQuality replaceSpaces"),
    Difference("radarr", "4.0.3.5879", "GET notification/schema", fields=_NOTIFICATION),
    Difference(
        "radarr", "4.0.3.5879", "GET movie", fields="audioAdditionalFeatures movieId sourceId votes voteCount language"
    ),
    Difference("sonarr", "4.0.0", "GET customformat", status=404),
    Difference("sonarr", "4.0.0", "GET wanted/missing", status=500, query="sortKey=episodes."),
    Difference("sonarr", "4.0.0", "GET wanted/missing", status=200, query="page=x"),
    Difference("sonarr", "4.0.0", "GET wanted/cutoff", status=500),
    Difference("sonarr", "4.0.0", "GET system/status", fields="isMono isMonoRuntime"),
    Difference(
        "sonarr",
        "4.0.0",
        "GET config/naming",
        fields="includeSeriesTitle includeEpisodeTitle includeQuality replaceSpaces separator numberStyle",
    ),
    Difference("sonarr", "4.0.0", "GET health", kinds="wikiUrl"),
    Difference("sonarr", "4.0.0", "GET history", fields=_LANGUAGE),
    Difference("sonarr", "4.0.0", "GET episode", fields=_LANGUAGE),
    Difference("sonarr", "4.0.0", "GET parse", fields=_LANGUAGE),
)


def differences_of(program: str, version: str, endpoint: str, query: str) -> tuple[Difference, ...]:
    """Return what this version answers differently to a request."""
    return tuple(
        one
        for one in DIFFERENCES
        if one.program == program
        and endpoint.startswith(one.endpoint)
        and one.query in query
        and numbers(version)
        and numbers(version) < numbers(one.until)
    )

"""List the weights of evidence, which matching adds to a score or takes off it.

Doubtful readings of a title have their own table, `core.titles.penalties`.
"""

from __future__ import annotations

from stalkeer.core.matching.compare import Agreement

# the title
TITLE = {Agreement.NONE: 0.72, Agreement.SAME: 0.90, Agreement.ARTICLE: 0.88, Agreement.SLIP: 0.87}
MORE_SLIPS = -0.04  # each further letter
NAME = {"title": 0.0, "original": 0.0, "alternate": -0.005, "tmdb": -0.01, "part": -0.02}
OTHER_NAME = -0.01

# evidence besides the title
SAME_YEAR = 0.1
YEAR_ONE_OFF = 0.03
YEAR_OF_SEASON = -0.05
SAME_COUNTRY = 0.06
COUNTRY_OF_ORIGIN = 0.03
SAME_TMDB_ID = 0.14
SAME_IMDB_ID = 0.14
SAME_POSTER = 0.13
SAME_RUNTIME = 0.03
OTHER_RUNTIME = -0.1

# the numbers of episodes
ONLY_NUMBER = -0.04  # an episode without a season
SCENE_NUMBER = -0.03
THROUGH_SEASONS = -0.06
MOST_IF_OUTVOTED = 0.95  # the score where the clues on the number contradict each other

# other works
UNSHARED = 0.06  # no other known work fits
EQUAL_RIVAL = -0.03
BETTER_RIVAL = -0.3
IMPOSSIBLE = -0.4
TIE = 0.015  # fits whose scores differ by less count as equal

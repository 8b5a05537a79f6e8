"""The grades of doubt in a reading of a title, and their penalties: all that reading a name takes off a match's score.

A title and its year, 1.0 together, may lose 0.05 and still be confirmed; a title that nothing else supports, 0.96, may
lose 0.01. Readings that differ by less than `TIE` of the matching weights count as equally good.
"""

NEARLY_SURE = 0.005
LIKELY = 0.01  # as good as the plain reading, where a film of that title is wanted
EVEN = 0.015  # too much for a title alone to be sure, little enough for a title and its year
SECOND = 0.02  # there is a better reading, but this one is a title, too
DOUBTFUL = 0.03  # a word less or more; readings with a larger penalty are not looked up with slips
OF_A_HALF = 0.035  # of `Foreign - Original`: more than of a prefix cut off
UNLIKELY = 0.04
GUESSED = 0.05  # the title stands where lists rarely write it
RARE = 0.06
HARDLY = 0.08  # a number in brackets may tell a sequel from its film

"""List the penalties of doubtful readings of a title. Only these lower a score because of how a name was read.

A title with its year scores 1.0, may lose 0.05 and is still confirmed. A title alone scores 0.96 and may lose 0.01.
Readings whose penalties differ by less than `TIE` of the matching weights count as equally good.
"""

NEARLY_SURE = 0.005
LIKELY = 0.01  # as good as the plain reading, where a film of that title is wanted
EVEN = 0.015  # too much to confirm a title alone, little enough for a title with its year
SECOND = 0.02  # there is a better reading, but this text is also a title
DOUBTFUL = 0.03  # a word less or more; typing errors are not searched for in readings with a larger penalty
OF_A_HALF = 0.035  # a half of `Foreign - Original`: more than for a removed prefix
UNLIKELY = 0.04
GUESSED = 0.05  # the title is at a place where lists rarely write it
RARE = 0.06
HARDLY = 0.08  # a number in brackets may distinguish a sequel from its film

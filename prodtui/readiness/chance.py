"""Whether so many failures of so few requests can be chance: few can't show that all is well, but that it is not."""

from __future__ import annotations

import math

BY_CHANCE = 0.01
"""What happens by chance in fewer than 1 of 100 cases is taken for proven."""


def proven(failed: float, made: float, ratio: float) -> bool:
    """Whether more than this ratio of the requests fail, chance aside. One-sided binomial test.

    Counts may be fractions, as an extrapolated increase gives them.
    """
    count = int(made)
    if not 0 < ratio < 1 or count < 1:
        return False
    of_all = math.lgamma(count + 1)
    fewer = math.fsum(
        math.exp(
            of_all
            - math.lgamma(k + 1)
            - math.lgamma(count - k + 1)
            + k * math.log(ratio)
            + (count - k) * math.log1p(-ratio)
        )
        for k in range(min(round(failed), count))
    )
    return 1 - fewer <= BY_CHANCE


def least_proven(made: float, ratio: float) -> int:
    """The fewest of so many requests that show more than this ratio of all, chance aside; more than there are: none."""
    count = max(1, int(made))
    return next((failed for failed in range(1, count + 1) if proven(failed, count, ratio)), count + 1)

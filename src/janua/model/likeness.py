"""The name that was probably meant. In: a name that is unknown, and the known ones. Start at `nearest`."""

import difflib
from collections.abc import Iterable
from itertools import islice

LONGEST = 100
MOST = 2000
"""More and longer names are not compared: it takes time, and nobody mistypes them."""


def nearest(name: str, known: Iterable[str], cutoff: float = 0.7) -> str | None:
    """Return the known name that is most like this one, None when there is none that is much like it."""
    if len(name) > LONGEST:
        return None
    folded = {each.replace("_", "").lower(): each for each in islice(known, MOST)}
    close = difflib.get_close_matches(name.replace("_", "").lower(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None

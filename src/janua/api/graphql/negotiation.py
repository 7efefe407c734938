"""Which media type an answer has: the `Accept` header against what GraphQL over HTTP offers.

`answer_type` chooses between the two forms of an answer, `prefers_page` says that a browser asks for a page.
"""

import re
from functools import lru_cache

from janua.errors import NotAcceptable

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
OFFERED = (JSON, GRAPHQL_JSON)

_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)


@lru_cache(maxsize=256)
def answer_type(accept: bytes) -> str:
    """Return the media type that the client likes best.

    Of two liked equally it is GraphQL's own if the header names it, else `application/json`.
    Raises: `NotAcceptable`.
    """
    qualities = _qualities(accept)
    offers = (GRAPHQL_JSON, JSON) if GRAPHQL_JSON in qualities else (JSON, GRAPHQL_JSON)
    best = max(offers, key=lambda offer: _liking(qualities, offer))
    if not _liking(qualities, best):
        raise NotAcceptable(OFFERED)
    return best


@lru_cache(maxsize=256)
def prefers_page(accept: bytes) -> bool:
    """Return whether the client names HTML and likes it at least as much as any JSON."""
    qualities = _qualities(accept)
    html = qualities.get(HTML, 0.0)
    return html > 0 and html >= max(_liking(qualities, offer) for offer in OFFERED)


def _qualities(accept: bytes) -> dict[str, float]:
    """Return media range → quality; a header that is not there accepts everything."""
    found: dict[str, float] = {}
    for each in accept.decode("latin-1").split(","):
        name = each.partition(";")[0].strip().lower()
        if name:
            quality = _QUALITY.search(each)
            found[name] = float(quality[1]) if quality else 1.0
    return found or {"*/*": 1.0}


def _liking(qualities: dict[str, float], offer: str) -> float:
    """Return the quality of an offer: the most precise range that takes it decides (RFC 9110, section 12.5.1)."""
    return next((qualities[name] for name in (offer, "application/*", "*/*") if name in qualities), 0.0)

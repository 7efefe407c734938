"""Request headers that mean the same in both faces: which media type a body has, and the idempotency key."""

import re
from collections.abc import Sequence
from email.message import Message

from janua.errors import InvalidRequest, UnsupportedMediaType

REPLAYED = "Idempotency-Replayed"
"""On the answer to a request that was sent again with its idempotency key."""

_KEY = re.compile(r"[\x21\x23-\x7e]{1,255}")


def check_encoding(encoding: str, type: str, accepted: Sequence[str]) -> None:
    """Refuse a body that is compressed, by its `Content-Encoding`; `type` is told. Raises: `UnsupportedMediaType`."""
    if encoding.strip().lower() != "identity":
        raise UnsupportedMediaType(f"{type} with encoding {encoding}".strip(), accepted)


def media_type(given: Sequence[str], accepted: Sequence[str]) -> str:
    """Return the media type, one of `accepted`, that `Content-Type` announces; the encoding can only be UTF-8.

    Raises: `UnsupportedMediaType`, `InvalidRequest` when the header is there twice.
    """
    if len(given) > 1:
        raise InvalidRequest("Content-Type must be given once")
    if given and given[0] in accepted:  # as most clients write it, which need not be taken apart
        return given[0]
    head = Message()
    head["Content-Type"] = given[0] if given else ""
    found = head.get_content_type() if given else ""
    charset = str(head.get_param("charset", "utf-8")).lower()
    if found not in accepted or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(given[0] if given else "", accepted)
    return found


def idempotency_key(given: Sequence[str]) -> str | None:
    """Return the key of `Idempotency-Key`, which is quoted (as the draft has it) or bare.

    Raises: `InvalidRequest` for a key that is empty, too long or not printable.
    """
    if not given:
        return None
    key = given[0][1:-1] if len(given[0]) > 1 and given[0][0] == given[0][-1] == '"' else given[0]
    if len(given) > 1 or not _KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key must be given once, as 1 to 255 printable characters without spaces")
    return key

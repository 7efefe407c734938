"""Documents known by the SHA-256 of their text, so that a client need not send the text again (Apollo's APQ).

In: the parameters of a request. Out: the text of its document. A client sends the hash alone; when it is told
`PersistedQueryNotFound` it sends hash and text once. Each worker remembers for itself, the latest used up to a number
of bytes. Start at `PersistedDocuments.resolve`.
"""

import hashlib
import re
from collections import OrderedDict

from janua.api.graphql.parameters import Parameters
from janua.errors import InvalidRequest, UnknownPersistedDocument
from janua.model.types import Json

ENTRY_BYTES = 400
"""What an entry takes beside its text, about."""

_HASH = re.compile(r"[0-9a-f]{64}")


class PersistedDocuments:
    """Hash → text, at most `limit` bytes of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[str, str] = OrderedDict()

    def resolve(self, parameters: Parameters) -> tuple[str, str | None]:
        """Return the text of the document, and the hash to remember it by once it has proven valid.

        Raises: `UnknownPersistedDocument`, `InvalidRequest`.
        """
        text = parameters.query
        wanted = (
            _hash_of(parameters.extensions["persistedQuery"]) if "persistedQuery" in parameters.extensions else None
        )
        if wanted is None:
            if not text:
                raise InvalidRequest("`query` is missing: send the text of a GraphQL document")
            return text, None
        if not text:
            return self._recalled(wanted), None
        if hashlib.sha256(text.encode()).hexdigest() != wanted:
            raise InvalidRequest("provided sha does not match query")
        return text, None if wanted in self._texts else wanted

    def remember(self, sha256: str, text: str) -> None:
        """Keep a text, and forget those that were not used for longest if it does not fit."""
        size = _size(text)
        if sha256 in self._texts or size > self._limit:
            return
        self._texts[sha256] = text
        self._size += size
        while self._size > self._limit:
            _, oldest = self._texts.popitem(last=False)
            self._size -= _size(oldest)

    def _recalled(self, sha256: str) -> str:
        text = self._texts.get(sha256)
        if text is None:
            raise UnknownPersistedDocument
        self._texts.move_to_end(sha256)
        return text


def _size(text: str) -> int:
    return len(text.encode()) + ENTRY_BYTES


def _hash_of(extension: Json) -> str:
    if not isinstance(extension, dict) or extension.get("version") != 1:
        raise InvalidRequest("Unsupported persisted query version: `persistedQuery` must be an object with version 1")
    found = extension.get("sha256Hash")
    if not isinstance(found, str) or not _HASH.fullmatch(found):
        raise InvalidRequest("`persistedQuery.sha256Hash` must be 64 hexadecimal digits in lower case")
    return found

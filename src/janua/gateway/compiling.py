"""From schema versions as stored to collections: compiled once, kept in the database, read by whoever starts later.

In: `StoredCollection`s, and what is kept of them. Out: `Compiled`. Start at `compile_all`. What is kept has a mark of
all that it was made of, the code of the compiler included; with another mark, or if it cannot be read, it is compiled
anew. The decision record "compiled once, kept in the database" says why.
"""

import functools
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

import janua.model
import janua.registry
from janua.errors import JanuaError
from janua.model.collection import Collection, Schema
from janua.model.json import loads
from janua.model.written import members, written
from janua.storage.schemas import StoredCollection

Kept = Mapping[str, tuple[str, str]]
"""Collection → (mark, text)."""
References = Mapping[tuple[str, int], Schema]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Compiled:
    """Collections by name, the reason for each that cannot be served, and what is to be kept that was not."""

    collections: dict[str, Collection] = field(default_factory=dict[str, Collection])
    quarantined: dict[str, str] = field(default_factory=dict[str, str])
    fresh: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def take(self, other: "Compiled") -> None:
        """Add what others were compiled to."""
        self.collections |= other.collections
        self.quarantined |= other.quarantined
        self.fresh |= other.fresh


def compile_all(stored: Sequence[StoredCollection], kept: Kept, references: References) -> Compiled:
    """Return what stored schema versions mean; `references` has the versions that they are pinned to.

    Takes milliseconds for each that is not kept: call it in a thread.
    """
    found = Compiled()
    for each in stored:
        name = each.current.collection
        try:
            found.collections[name] = _known(each, kept.get(name)) or _fresh(each, references, found)
        # One corrupt row of the registry must not keep the other collections from being served.
        except Exception as error:
            reason = str(error) if isinstance(error, JanuaError) else "its stored schema cannot be compiled"
            log.exception("collection %s is quarantined", name)
            found.quarantined[name] = reason
    return found


@functools.cache
def compiler() -> bytes:
    """Return what changes whenever the code that compiles schemas does."""
    code = sha256()
    for package in (janua.model, janua.registry):
        for file in sorted(Path(cast(str, package.__file__)).parent.rglob("*.py")):
            code.update(file.read_bytes())
    return code.digest()


def _mark(stored: StoredCollection, model: str) -> str:
    """Return what changes whenever a stored schema version may mean something else, or what is kept of it does."""
    current = stored.current
    made_of = (current.collection, current.fingerprint, current.document, current.names, current.references, model)
    return sha256(compiler() + "\0".join(made_of).encode()).hexdigest()


def _known(stored: StoredCollection, kept: tuple[str, str] | None) -> Collection | None:
    """Return what is kept of a schema version, None when that is nothing, or of something else."""
    if kept is None or kept[0] != _mark(stored, kept[1]):
        return None
    current = stored.current
    try:
        read = members(kept[1])
    except (ValueError, LookupError, TypeError):
        log.warning("what collection %s was compiled to cannot be read, so it is compiled again", current.collection)
        return None
    return Collection(
        name=current.collection,
        version=current.version,
        fingerprint=current.fingerprint,
        text=current.document,
        references=json.loads(current.references),
        revision=stored.revision,
        **read,
    )


def _fresh(stored: StoredCollection, references: References, found: Compiled) -> Collection:
    from janua.registry.compile import compile_collection  # noqa: PLC0415 -- a server that has nothing to compile

    current = stored.current
    pinned: dict[str, int] = json.loads(current.references)
    made = compile_collection(
        current.collection,
        cast("Schema", loads(current.document)),
        version=current.version,
        revision=stored.revision,
        names=json.loads(current.names),
        references={name: references[name, version] for name, version in pinned.items()},
        pinned=pinned,
        # It was allowed when it was registered; a limit lowered since is for schemas to come.
        cost=sys.maxsize,
        registered=current.fingerprint,
    )
    # What another collection's schema means is not part of the mark, and a document that was tampered with is suspect.
    if not pinned and made.fingerprint == current.fingerprint:
        model = written(made)
        found.fresh[made.name] = (_mark(stored, model), model)
        # As who reads it later has it: most of a collection is not made before it is asked for.
        return replace(made, text=current.document, **members(model))
    return made

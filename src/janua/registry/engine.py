"""The one place that builds jsonschema-rs validators, always with the same rules.

In: a schema and the schemas it refers to. Out: a compiled validator. Start at `build_engine`. The rules: nothing is
fetched; formats are asserted in every draft; patterns run in linear time where they can, the others as `lookaround` has
it; instances are left out of messages.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import cast
from urllib.parse import quote, urldefrag, urljoin

import jsonschema_rs as rs
from jsonschema_specifications import REGISTRY

from janua.errors import InvalidSchema, Violation
from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.guarding import guard
from janua.registry.keywords import Draft, draft_of
from janua.registry.lookaround import guarded, is_linear
from janua.registry.references import BASE, SCHEME, without_id

KEY_BACKTRACKS = 200
"""Steps back that matching one key may take with look-around or back-references under `patternProperties`."""
START = "https://start.janua.invalid/"
"""The URI of a schema that only refers to places in another."""
MASK = "value"

_PLAIN_IN_FRAGMENTS = "/~!$&'()*+,;=:@-._"

_CLASSES: Mapping[Draft, type[rs.Validator]] = {
    Draft.D4: rs.Draft4Validator,
    Draft.D6: rs.Draft6Validator,
    Draft.D7: rs.Draft7Validator,
    Draft.D2019: rs.Draft201909Validator,
    Draft.D2020: rs.Draft202012Validator,
}
_NEWER_FORMATS = (
    "duration", "idn-hostname", "iri", "iri-reference", "json-pointer", "relative-json-pointer", "uri-reference",
    "uri-template", "uuid",
)  # fmt: skip
"""Formats that jsonschema-rs leaves unasserted in some of the older drafts."""


def build_engine(document: Schema, references: Mapping[str, Schema], start: Schema | None = None) -> rs.Validator:
    """Return a validator of a schema; with `start`, of that schema instead, which may refer to the other by `uri_of`.

    Raises: `InvalidSchema` for what jsonschema-rs cannot compile; `schema_check` finds out why beforehand.
    """
    linear = linear_engine(document, references, start)
    if linear is not None:
        return linear
    try:
        detour = guard(document, references)
        with contextlib.suppress(ValueError):
            return _build(detour.document, detour.references, start, rs.RegexOptions(), detour.formats)
        options = rs.FancyRegexOptions(backtrack_limit=KEY_BACKTRACKS)
        return _build(detour.document, detour.references, start, options, detour.formats)
    except ValueError as error:
        first = str(error).partition("\n")[0]
        raise InvalidSchema([Violation("", "$schema", f"the schema cannot be compiled: {first[:300]}")]) from None


def linear_engine(
    document: Schema, references: Mapping[str, Schema], start: Schema | None = None
) -> rs.Validator | None:
    """Return the same validator when all of it runs in linear time; None when a pattern does not."""
    with contextlib.suppress(ValueError):
        return _build(document, references, start, rs.RegexOptions())


def root_uri(document: Schema) -> str:
    """Return the URI of a document: its own identifier, else that of every schema without one."""
    keyword = "id" if draft_of(document) == Draft.D4 else "$id"
    own = document.get(keyword) if isinstance(document, Mapping) else None
    return urldefrag(urljoin(BASE, own))[0] if isinstance(own, str) else BASE


def uri_of(document: Schema, where: str) -> str:
    """Return the URI of the place at a pointer into a document, or into another one's (`janua:…#` and a pointer)."""
    base, _, fragment = where.rpartition("#")
    return f"{base or root_uri(document)}#{quote(fragment, safe=_PLAIN_IN_FRAGMENTS)}"


def is_pattern(pattern: str) -> bool:
    """Return whether either engine takes a pattern (ECMA-262, as JSON Schema has it)."""
    return is_linear(pattern) or guarded(pattern) is not None


def _build(
    document: Schema,
    references: Mapping[str, Schema],
    start: Schema | None,
    options: rs.RegexOptions | rs.FancyRegexOptions,
    formats: Mapping[str, Callable[[str], bool]] = {},
) -> rs.Validator:
    resources = [(f"{SCHEME}{name}", without_id(each)) for name, each in references.items()]
    if start is not None:
        resources.append((root_uri(document), document))
    return _CLASSES[draft_of(document) if start is None else Draft.D2020](
        cast("dict[str, Json] | bool", document if start is None else start),
        validate_formats=True,
        formats={**_formats(), **formats},
        retriever=_refuse,
        registry=_registry(resources),
        base_uri=BASE if start is None else START,
        pattern_options=options,
        mask=MASK,
    )


def _registry(resources: Sequence[tuple[str, Schema]]) -> rs.Registry:
    # A registry knows only what it is given: the metaschemas of other drafts than its own must be among it.
    return _registry_of((*_metaschemas(), *resources)) if resources else _alone()


@functools.cache
def _alone() -> rs.Registry:
    """Return the registry of a schema that refers to no other: to make it anew takes longer than the schema itself."""
    return _registry_of(_metaschemas())


def _registry_of(resources: Sequence[tuple[str, Schema]]) -> rs.Registry:
    found = [(uri, cast("dict[str, Json] | bool", each)) for uri, each in resources]
    return rs.Registry(found, retriever=_refuse)


@functools.cache
def _metaschemas() -> Sequence[tuple[str, Schema]]:
    return [(uri, REGISTRY.contents(uri)) for uri in REGISTRY]


def _refuse(uri: str) -> Json:
    raise ValueError(f"{uri} is remote, and remote references are never fetched")


@functools.cache
def _formats() -> dict[str, Callable[..., bool]]:
    return {each: rs.Draft202012Validator({"format": each}, validate_formats=True).is_valid for each in _NEWER_FORMATS}

"""The one place that builds jsonschema-rs validators, always with the same rules.

In: a schema and the schemas it refers to. Out: a compiled validator. Start at `build_engine`. The rules: nothing is
fetched; formats are asserted in every draft; patterns run in linear time where they can, else with a bound on
backtracking beyond which they count as not matching; instances are left out of messages.
"""

import functools
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import quote, urldefrag, urljoin

import jsonschema_rs as rs
from jsonschema_specifications import REGISTRY

from janua.errors import InvalidSchema, Violation
from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.keywords import Draft, draft_of
from janua.registry.references import BASE, SCHEME, without_id

BACKTRACKS = 10_000
"""Steps that a pattern with look-around or back-references may take on one string: a fraction of a millisecond."""
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
    resources = [(f"{SCHEME}{name}", without_id(each)) for name, each in references.items()]
    if start is not None:
        resources.append((root_uri(document), document))
    try:
        if start is None:
            return _build(document, draft_of(document), BASE, _registry(resources))
        return _build(start, Draft.D2020, START, _registry(resources))
    except ValueError as error:
        first = str(error).partition("\n")[0]
        raise InvalidSchema([Violation("", "$schema", f"the schema cannot be compiled: {first[:300]}")]) from None


def root_uri(document: Schema) -> str:
    """Return the URI of a document: its own identifier, else that of every schema without one."""
    keyword = "id" if draft_of(document) == Draft.D4 else "$id"
    own = document.get(keyword) if isinstance(document, Mapping) else None
    return urldefrag(urljoin(BASE, own))[0] if isinstance(own, str) else BASE


def uri_of(document: Schema, where: str) -> str:
    """Return the URI of the place at a pointer into a document, or into another one's (`janua:…#` and a pointer)."""
    base, _, fragment = where.rpartition("#")
    return f"{base or root_uri(document)}#{quote(fragment, safe=_PLAIN_IN_FRAGMENTS)}"


def is_linear(pattern: str) -> bool:
    """Return whether the linear engine takes a pattern."""
    return _compiles(pattern, rs.RegexOptions())


def is_pattern(pattern: str) -> bool:
    """Return whether either engine takes a pattern (ECMA-262, as JSON Schema has it)."""
    return is_linear(pattern) or _compiles(pattern, _backtracking())


def _compiles(pattern: str, options: rs.RegexOptions | rs.FancyRegexOptions) -> bool:
    try:
        rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)
    except ValueError:
        return False
    return True


def _backtracking() -> rs.FancyRegexOptions:
    return rs.FancyRegexOptions(backtrack_limit=BACKTRACKS)


def _build(document: Schema, draft: Draft, base: str, registry: rs.Registry) -> rs.Validator:
    def build(options: rs.RegexOptions | rs.FancyRegexOptions) -> rs.Validator:
        return _CLASSES[draft](
            cast("dict[str, Json] | bool", document),
            validate_formats=True,
            formats=_formats(),
            retriever=_refuse,
            registry=registry,
            base_uri=base,
            pattern_options=options,
            mask=MASK,
        )

    try:
        return build(rs.RegexOptions())
    except ValueError:
        return build(_backtracking())


def _registry(resources: list[tuple[str, Schema]]) -> rs.Registry:
    # A registry knows only what it is given: the metaschemas of other drafts than its own must be among it.
    found = [(uri, cast("dict[str, Json] | bool", each)) for uri, each in [*_metaschemas(), *resources]]
    return rs.Registry(found, retriever=_refuse)


@functools.cache
def _metaschemas() -> list[tuple[str, Schema]]:
    return [(uri, REGISTRY.contents(uri)) for uri in REGISTRY]


def _refuse(uri: str) -> Json:
    raise ValueError(f"{uri} is remote, and remote references are never fetched")


@functools.cache
def _formats() -> dict[str, Callable[..., bool]]:
    return {each: rs.Draft202012Validator({"format": each}, validate_formats=True).is_valid for each in _NEWER_FORMATS}

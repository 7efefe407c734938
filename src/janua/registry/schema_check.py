"""Which documents are schemas that Janua takes.

In: a document and the schemas it refers to. Out: its `SchemaMap`. Start at `check_schema`. In this order, each step
only when the one before found nothing: the dialect, the metaschema, references, cost, patterns and property names,
defaults. Nothing is fetched, and nothing here is recursive in the schema.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from janua.errors import InvalidSchema, Violation
from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.patch import parse_pointer
from janua.model.types import Json
from janua.registry.cost import cost_violations, size_violations
from janua.registry.engine import build_engine, is_pattern, uri_of
from janua.registry.keywords import METASCHEMAS, Draft, draft_named, draft_of
from janua.registry.lookaround import SECONDS, TooMuchWork, effort
from janua.registry.messages import message_of
from janua.registry.pattern_mistakes import mistake_in
from janua.registry.references import Place, SchemaMap, shown
from janua.registry.validation import Validator

_FRAGMENTS = frozenset({"$defs", "definitions", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Where a `default` is not that of a field: in fragments for other places, and in alternatives."""


def check_schema(document: Schema, references: Mapping[str, Schema], cost: int) -> SchemaMap:
    """Return the places of a schema document that may be registered.

    `cost` is the most that validating may cost (see `cost`). Takes up to a second for megabytes of schema.
    Raises: `InvalidSchema` with every violation that the first failing step finds.
    """
    _refuse(_dialect(document))
    found = _metaschema(draft_of(document)).validate(cast(Json, document))
    _refuse([each for violation in found for each in _plain(violation, cast(Json, document))])
    _refuse(size_violations(document, cost))
    schemas = SchemaMap(document, references)
    _refuse(schemas.violations)
    _refuse(cost_violations(schemas, cost))
    _refuse([*_patterns(schemas)])
    build_engine(document, references)
    _refuse(_defaults(schemas, document, references))
    return schemas


def _refuse(violations: Sequence[Violation]) -> None:
    if violations:
        raise InvalidSchema(violations)


def _dialect(document: Schema) -> list[Violation]:
    named = document.get("$schema") if isinstance(document, Mapping) else None
    if named is None or draft_named(named) is not None:
        return []
    known = ", ".join(METASCHEMAS.values())
    return [
        Violation("/$schema", "$schema", f"{shown(named)} is not a known dialect of JSON Schema; use one of {known}")
    ]


def _plain(violation: Violation, document: Json) -> list[Violation]:
    """Return a violation of a metaschema in words for the author of a schema; several for several patterns."""
    at = violation.pointer
    match violation.keyword, at.rpartition("/")[2]:
        case "anyOf" | "enum", "type":
            message = "must be one of array, boolean, integer, null, number, object and string, or a list of them"
            return [replace(violation, message=message)]
        case "format", "pattern":
            return [Violation(at, "pattern", _no_pattern(cast(str, _value_at(document, at))))]
        case "propertyNames" | "format", "patternProperties":
            keys = cast(Mapping[str, Json], _value_at(document, at))
            wrong = (each for each in keys if not is_pattern(each))
            found = [Violation(at + pointer((each,)), "patternProperties", _no_pattern(each)) for each in wrong]
            return found or [violation]
        case _:
            return [violation]


def _no_pattern(pattern: str) -> str:
    reason = mistake_in(pattern)
    if reason is None:
        return f"{shown(pattern)} is not a regular expression that can be used (ECMA-262, of moderate size)"
    return f"{shown(pattern)} is not a regular expression: {reason}"


def _value_at(document: Json, pointer: str) -> Json:
    for step in parse_pointer(pointer):
        document = document[int(step)] if isinstance(document, list) else cast(Mapping[str, Json], document)[step]
    return document


@functools.cache
def _metaschema(draft: Draft) -> Validator:
    return Validator({"$schema": METASCHEMAS[draft], "$ref": METASCHEMAS[draft]})


def _patterns(schemas: SchemaMap) -> Iterator[Violation]:
    known: dict[str, bool] = {}
    for place in schemas:
        for where, pattern in _patterns_at(place):
            if known.setdefault(pattern, is_pattern(pattern)) is False:
                yield Violation(f"{place.pointer}{where}", where.split("/")[1], _no_pattern(pattern))


def _patterns_at(place: Place) -> Iterator[tuple[str, str]]:
    single = place.get("pattern")
    if isinstance(single, str):
        yield "/pattern", single
    several = place.get("patternProperties")
    for each in several if isinstance(several, dict) else ():
        yield f"/patternProperties{pointer((each,))}", each


def _defaults(schemas: SchemaMap, document: Schema, references: Mapping[str, Schema]) -> list[Violation]:
    """Return a violation for each default of a field that its own schema refuses.

    Defaults in shared definitions and in alternatives are left alone: schemas in the wild put there what other tools
    make of a missing value, valid or not.
    """
    fields = [each for each in schemas if _is_field(each) and "default" in cast(Mapping[str, Json], each.schema)]
    if not fields:
        return []
    defaults: list[Json] = [each.note("default") for each in fields]
    judges: list[Json] = [{"$ref": uri_of(document, each.pointer)} for each in fields]
    engine = build_engine(document, references, {"prefixItems": judges})
    try:
        with effort():
            wrong = {cast(int, each.instance_path[0]): message_of(each) for each in engine.iter_errors(defaults)}
    except TooMuchWork:
        return [Violation("", "default", f"matching the defaults with patterns takes more than {SECONDS:g} s")]
    return [
        Violation(f"{fields[at].pointer}/default", "default", f"the default does not satisfy its own schema: {message}")
        for at, message in sorted(wrong.items())
    ]


def _is_field(place: Place) -> bool:
    steps = place.pointer.split("/")
    if steps[0]:
        return False
    # Names of properties stand behind `properties`, so they cannot be taken for keywords.
    keywords = [step for before, step in zip(["", *steps], steps, strict=False) if before != "properties"]
    return not _FRAGMENTS & set(keywords)

"""What a violation says: what to change, in our words, without repeating the document.

In: one error of the validation engine. Out: a message. Start at `message_of`; the table has one line for each keyword.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jsonschema_rs as rs

from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.guarding import pattern_of
from janua.registry.lookaround import guarded

SHOWN_VALUES = 10
SHOWN_CHARACTERS = 80

_TYPES = {
    "integer": "a whole number",
    "object": "an object",
    "array": "an array",
    "null": "null",
    "boolean": "true or false",
}
_FORMATS = {
    "date-time": "a date and time with offset such as 2024-05-01T12:30:00Z",
    "date": "a date such as 2024-05-01",
    "time": "a time with offset such as 12:30:00Z",
    "duration": "a duration such as P1DT12H",
    "uuid": "a uuid such as 123e4567-e89b-12d3-a456-426614174000",
    "email": "an e-mail address",
    "uri": "a URI with its scheme, such as https://example.org/",
    "regex": "a regular expression",
}
_Kind = Any
_MESSAGES: Mapping[str, Callable[[_Kind], str]] = {
    "type": lambda kind: f"must be {either([_TYPES.get(each, f'a {each}') for each in sorted(kind.types)])}",
    "required": lambda kind: f"the property {short(kind.property)} is required",
    "enum": lambda kind: f"must be {one_of(kind.options)}",
    "const": lambda kind: f"must be {short(kind.expected_value)}",
    "minLength": lambda kind: f"must have at least {_some(kind.limit, 'character')}",
    "maxLength": lambda kind: f"must have at most {_some(kind.limit, 'character')}",
    "minItems": lambda kind: f"must have at least {_some(kind.limit, 'element')}",
    "maxItems": lambda kind: f"must have at most {_some(kind.limit, 'element')}",
    "minProperties": lambda kind: f"must have at least {_some(kind.limit, 'property', 'properties')}",
    "maxProperties": lambda kind: f"must have at most {_some(kind.limit, 'property', 'properties')}",
    "minimum": lambda kind: f"must be at least {kind.limit}",
    "maximum": lambda kind: f"must be at most {kind.limit}",
    "exclusiveMinimum": lambda kind: f"must be more than {kind.limit}",
    "exclusiveMaximum": lambda kind: f"must be less than {kind.limit}",
    "multipleOf": lambda kind: f"must be a multiple of {kind.multiple_of}",
    "pattern": lambda kind: f"must match the pattern {_cut(getattr(kind, 'pattern', None) or 'given')}",
    "format": lambda kind: f"must be {_FORMATS.get(kind.format, f'a valid {_cut(kind.format)}')}",
    "uniqueItems": lambda _: "must not have the same element twice",
    "contains": lambda _: "does not have the right number of elements of the kind that `contains` asks for",
    "additionalItems": lambda kind: f"must have no element after the first {kind.limit}",
    "propertyNames": lambda _: "has a property whose name is not allowed",
    "not": lambda _: "must not satisfy the schema under `not`",
    "falseSchema": lambda _: "is not allowed here",
    "oneOf": lambda _: "matches none or several of the alternatives; it must match exactly one",
    "anyOf": lambda _: "matches none of the alternatives",
}


def message_of(error: rs.ValidationError, *, optional: bool = False) -> str:
    """Return what to change, in a sentence without its subject; `optional`: it is a property that may be left out."""
    if error.kind.name == "type" and error.instance is None:
        return f"{_MESSAGES['type'](error.kind)}, not null{'; leave the property out' if optional else ''}"
    pattern = guarded_pattern(error)
    if pattern is not None:
        return f"must match the pattern {_cut(pattern)}"
    found = _MESSAGES.get(error.kind.name)
    return found(error.kind) if found else _cut(error.message)


def guarded_pattern(error: rs.ValidationError) -> str | None:
    """Return the pattern that an error is about, if it is one that `guarding` made a format of."""
    return pattern_of(error.kind.format) if isinstance(error.kind, rs.ValidationErrorKind.Format) else None


def too_long_of(pattern: str, text: Json) -> str | None:
    """Return what to say of a string that was not matched with a pattern because that would take too long."""
    found = guarded(pattern)
    if found is None or not isinstance(text, str) or not found.gives_up(text):
        return None
    rule = f"; strings of more than {found.longest} characters are not tried" if found.longest else ""
    return f"takes too long to match with the pattern, so it counts as not matching{rule}; simplify the pattern"


def one_of(values: list[Json]) -> str:
    """Return a choice of values as words, long ones cut."""
    shown = [short(each) for each in values[:SHOWN_VALUES]]
    more = [f"one of {len(values) - SHOWN_VALUES} others"] if len(values) > SHOWN_VALUES else []
    return either([*shown, *more]) if values else "nothing"


def short(value: Json) -> str:
    """Return a value as JSON, cut when long."""
    return _cut(dumps(value))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def either(words: Sequence[str]) -> str:
    """Return words joined by commas and `or`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _some(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"

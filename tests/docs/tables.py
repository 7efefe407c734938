"""The lines that the reference must have, written from the code: errors, settings, operators, what indexes serve, and
the reasons of incompatibility.

`python -m tests.docs.tables` prints them all, to be pasted when a test says that the reference lacks one.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from inspect import getdoc

from janua.api.pages import every_error
from janua.api.problems import STATUSES
from janua.config import every_setting
from janua.errors import JanuaError
from janua.model.collection import IndexKind
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.operators import MEANINGS, Operator, operators_of
from janua.registry.annotations import KINDS
from janua.registry.compatibility import CODES, OTHERS
from janua.sql.claims import claims

TYPES: Mapping[str, tuple[Type, ...]] = {
    "string": (Text(),),
    "enum": (Enum("Genre", ()),),
    "number": (Integer(), Number()),
    "date, time": (DateTime(), Date(), Time()),
    "uuid": (Uuid(),),
    "boolean": (Boolean(),),
    "array": (Array(Text()),),
    "object": (Object("Publisher"), Union("Shape", "kind", ())),
    "free-form": (Anything(),),
}
"""What the reference calls a type → the types of the model."""

ELEMENTS: Mapping[str, tuple[Type, ...]] = {
    "array of strings, enums, numbers, booleans, dates": (
        Text(), Enum("Genre", ()), Integer(), Number(), Boolean(), Date(),
    ),
    "array of date-times, times, uuids": (DateTime(), Time(), Uuid()),
    "array of arrays, objects, free-form values": (Array(Text()), Object("Publisher"), Anything()),
}  # fmt: skip

OPERANDS = {
    "value": "a value",
    "values": "a list of values",
    "boolean": "`true` or `false`",
    "string": "a string",
    "json": "any JSON",
}


def error_lines() -> Iterator[str]:
    """Yield the code, HTTP status, meaning and members of every error, and what to do about it."""
    for each in every_error(JanuaError):
        meaning = " ".join((getdoc(each) or "").split())
        fields = ", ".join(field.metadata.get("documented", f"`{field.name}`") for field in dataclasses.fields(each))
        line = f"| `{each.code}` | {STATUSES[each.code].value} | {meaning} | {fields} | {each.cure} |"
        yield line.replace("|  |", "| |")


def setting_lines() -> Iterator[str]:
    """Yield the name, default and description of every setting."""
    for name, default, description in every_setting():
        text = "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
        yield f"| `{name}` | {text} | {description} |"


def operator_lines() -> Iterator[str]:
    """Yield the operand, meaning and types of every filter operator."""
    for operator, meaning in MEANINGS.items():
        on = [name for name, types in TYPES.items() if operator in _same(operators_of(each) for each in types)]
        yield f"| `{operator}` | {OPERANDS[meaning.operand]} | {meaning.holds_when} | {', '.join(on)} |"


def index_lines() -> Iterator[str]:
    """Yield what an index of each kind serves on each type that it can be on."""
    for kind, (held, _) in KINDS.items():
        for name, types in TYPES.items():
            if not isinstance(types[0], held):
                continue
            if isinstance(types[0], Array):
                yield from (_served(kind, each, tuple(map(Array, items))) for each, items in ELEMENTS.items())
            else:
                yield _served(kind, name, types)


def compatibility_lines() -> Iterator[str]:
    """Yield the keywords of each code of an incompatibility, in the direction that it speaks of."""
    for place, refuser in enumerate(("the new version refuses", "the new version accepts more")):
        found: dict[str, list[str]] = {}
        for keyword, codes in CODES.items():
            found.setdefault(codes[place], []).append(f"`{keyword}`")
        for code, keywords in {**found, OTHERS[place]: ["several, or none alone"]}.items():
            yield f"| `{code}` | {', '.join(keywords)} | {refuser} |"


def unserved_operators() -> set[Operator]:
    """Return the operators that no index serves, on no type."""
    every = [each for types in TYPES.values() for each in types] + [
        Array(each) for types in ELEMENTS.values() for each in types
    ]
    return set(MEANINGS) - {operator for kind in KINDS for each in every for operator in claims(kind, each)}


def _served(kind: IndexKind, name: str, types: tuple[Type, ...]) -> str:
    served = ", ".join(f"`{each}`" for each in _same(claims(kind, each) for each in types))
    return f"| `{kind}` | {name} | {served} |"


def _same(found: Iterator[tuple[Operator, ...]]) -> tuple[Operator, ...]:
    """Return what all of them are; types that the reference calls by one name must not differ."""
    [one] = set(found)
    return one


if __name__ == "__main__":
    for lines in (error_lines, setting_lines, operator_lines, index_lines, compatibility_lines):
        print("", lines.__name__, "", *lines(), sep="\n")
    print("", "unserved", *sorted(unserved_operators()))

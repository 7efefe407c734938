"""The closed union of what a value in a record can be.

`Type` is closed on purpose: code that handles it ends in `assert_never`, so that the type checker lists every
place that a new member must touch. Nested objects are named and live in `Collection.objects`, so recursive schemas
stay finite values.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | Decimal | bool | None"
"""A parsed JSON value; numbers with a fraction or an exponent are `Decimal`, never `float`."""

INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `max_length` counts code points."""

    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number of any size within the inclusive bounds (`1.0` is a whole number in JSON Schema)."""

    minimum: int | None = None
    maximum: int | None = None

    @property
    def big(self) -> bool:
        """Return whether values may leave the 32 bits of GraphQL's `Int`."""
        return self.minimum is None or self.maximum is None or not (self.minimum in INT32 and self.maximum in INT32)


@dataclass(frozen=True, slots=True)
class Number:
    """Any JSON number, kept exactly."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class DateTime:
    """A string of `format: date-time`; compares as an instant."""


@dataclass(frozen=True, slots=True)
class Date:
    """A string of `format: date`."""


@dataclass(frozen=True, slots=True)
class Time:
    """A string of `format: time`; compares as an instant of one day."""


@dataclass(frozen=True, slots=True)
class Uuid:
    """A string of `format: uuid`; upper and lower case are the same value."""


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One allowed string and how GraphQL spells it."""

    value: str
    graphql: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One of a set of strings; `name` is the GraphQL type. Enums that are not all strings keep their base type."""

    name: str
    values: tuple[EnumValue, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """An object with declared properties: a reference by name into `Collection.objects`."""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """A list; elements may be null when `nullable`."""

    items: "Type"
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Variant:
    """One branch of a union: it applies when the discriminator property holds one of `tags`."""

    object: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A `oneOf`/`anyOf` of objects told apart by the string property `discriminator`; `name` is the GraphQL type."""

    name: str
    discriminator: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever no other type can express: free-form objects, mixed types, tuples. GraphQL's `JSON`."""


Scalar = Text | Integer | Number | Boolean | DateTime | Date | Time | Uuid | Enum
Type = Scalar | Object | Array | Union | Anything

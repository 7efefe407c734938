"""The resolved plan: every name looked up, every operand checked, nothing left that a user could have got wrong.

A plan holds no operand values: it refers to them by their position in the values that accompany it, so that equal
shapes are equal (and hashable) and SQL is made once a shape. `plan` makes these, `janua.sql` lowers them.

What an operand is, by the type of the target (`in` and `notIn` take a tuple of the same):

| target | operand |
|---|---|
| Text, Enum | `str` |
| Integer, Number, the columns `version` and `schema_version` | `Decimal` (bound as numeric) |
| Boolean | `bool` |
| DateTime, Time, the columns `created_at` and `updated_at` | `str`: RFC 3339, for `janua.instant` |
| Date | `str`: YYYY-MM-DD |
| Uuid, the column `id` | `uuid.UUID` |
| Anything (`eq`, `ne`), `containsJson` on all types | `str`: JSON text |
| Array: `has` | `str`: the JSON text of one element |
| Array: `hasAny`, `hasAll` | tuple of `str`: the JSON texts of the elements, never empty |
| `startsWith`, `ieq`, `search` | `str` as asked |
| `contains`, `endsWith`, `icontains` | `str`: a ready LIKE pattern, special characters escaped by a backslash |
| `like`, `ilike` | `str`: the caller's pattern, no backslash left alone at its end |

`has`, `hasAny` and `hasAll` reach `janua.sql` only for elements whose JSON equality is their equality (Text, Enum,
Integer, Number, Boolean, Date), so that `@>` is exact; on other elements they become `OnElements`, and on the ids of a
to-many relation `OnRelated`.
"""

from dataclasses import dataclass
from typing import Literal

from janua.model.collection import Path
from janua.model.types import Type
from janua.query.ast import Direction, Nulls
from janua.query.operators import Operator, PresenceOperator

System = Literal["id", "version", "schema_version", "created_at", "updated_at"]
Quantifier = Literal["some", "every", "none"]
Position = int
"""The index of an operand in the values of the plan."""

SORT_CHARACTERS = 512
"""Text sorts by its first so many characters, ties by id: so a cursor stays short whatever the records hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """A value inside the document (or inside an array element, below `OnElements`); `()` is the whole of it.

    `column` names the typed uuid column that holds the same value, where a to-one relation made one (and its index).
    """

    path: Path
    type: Type
    column: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A system value that is a column of the table."""

    name: System


Target = Place | Column


@dataclass(frozen=True, slots=True)
class Link:
    """How records of one table find related records of `table`.

    to_one: our `column` is their id. from_one: their `column` is our id. to_many / from_many: rows of the table
    `via` pair (`record_id`, `target_id`), where `record_id` is the side that declares the relation.
    """

    kind: Literal["to_one", "from_one", "to_many", "from_many"]
    table: str
    column: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that holds for every record, or for none (`in: []`)."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """`target operator operand`; total: it is true or false for every record, never null."""

    target: Target
    operator: Operator
    operand: Position


@dataclass(frozen=True, slots=True)
class Presence:
    """`isNull`, `exists` or `isEmpty`, whose operand (`holds`) is part of the shape; total.

    `exists` has a path of at least one name: a record, or an element, is always there.
    """

    target: Place
    operator: PresenceOperator
    holds: bool


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class OnElements:
    """A condition on the elements of the array at `target`; places in `part` start at the element.

    A missing or null array has no elements: `some` is false, `every` and `none` are true.
    """

    target: Place
    quantifier: Quantifier
    part: "Filter"


@dataclass(frozen=True, slots=True)
class OnRelated:
    """A condition on the related records; places and columns in `part` are theirs.

    A to-one relation uses `some`: there is a related record and it matches. There always is one where the id is not
    null (the foreign key says so), so `some` of `Always(True)` over `to_one` is just `column IS NOT NULL`.
    """

    link: Link
    quantifier: Quantifier
    part: "Filter"


Filter = Always | Compare | Presence | And | Or | Not | OnElements | OnRelated


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One sort key. `through` are the to-one links to follow before `target` is read.

    Only scalars sort; Text by its first `SORT_CHARACTERS` characters, also in the keys of a page.
    """

    target: Target
    direction: Direction
    nulls: Nulls
    through: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A page boundary from a cursor: records after (in reading order) the one with these order values.

    `values` has one operand a key, as the text that the page's keys had (see `cursor`), to be cast to the key's type;
    None where the value at the boundary is null.
    """

    values: tuple[Position | None, ...]

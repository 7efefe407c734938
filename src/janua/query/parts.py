"""The parts of an answer, and the plans made of them: every name looked up, nothing left that could be wrong.

A part says how one record, or several, become JSON. REST shows records with `Whole`, `Picked`, `RelatedOne` and
`RelatedMany`; GraphQL shows what it selects with `Typed`, `Structured`, `Chosen`, `Elements`, `RelatedOne` and
`Connection`. Like the filters of `nodes`, parts hold no operands but their positions, so equal shapes are equal.
"""

from dataclasses import dataclass
from typing import Literal

from janua.model.collection import Path
from janua.model.extract import Extract
from janua.model.types import Type
from janua.query.ast import AggregateFunction, Direction, Nulls
from janua.query.nodes import Always, Bound, Filter, Link, OrderKey, Position, System, Target


@dataclass(frozen=True, slots=True)
class Constant:
    """A part that is the same in every answer: JSON text."""

    text: str


@dataclass(frozen=True, slots=True)
class Meta:
    """Answer part: a system column."""

    name: System


@dataclass(frozen=True, slots=True)
class Whole:
    """Answer part: the whole document, as stored."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Answer part: the document with these paths only; what is missing stays missing."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """Answer part: an object with these response keys in this order."""

    members: tuple[tuple[str, "Part"], ...]


@dataclass(frozen=True, slots=True)
class RelatedOne:
    """Answer part: the related record, or null."""

    link: Link
    part: "Part"


@dataclass(frozen=True, slots=True)
class RelatedMany:
    """Answer part: an array of at most `limit` related records, ordered, in the shape of `part`.

    It is `{"items": […], "truncated": bool}`, so that a cut is never silent.
    """

    link: Link
    part: "Part"
    order: tuple[OrderKey, ...]
    limit: int
    filter: Filter = Always(holds=True)


@dataclass(frozen=True, slots=True)
class Typed:
    """The value at a path as its GraphQL type has it: enums by their GraphQL names, integers without a fraction.

    Null where it is missing. `big_as_text`: integers that may leave 32 bits are strings.
    """

    path: Path
    type: Type
    big_as_text: bool = False


@dataclass(frozen=True, slots=True)
class Structured:
    """The object at a path with these members, whose paths start at the record; null where there is none."""

    path: Path
    members: "Members"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The object at a path, shown as the branch whose tags hold what stands at `discriminator`; otherwise null."""

    path: Path
    discriminator: str
    branches: tuple[tuple[tuple[str, ...], "Members"], ...]


@dataclass(frozen=True, slots=True)
class Elements:
    """The array at a path, each element shown as `part`, whose paths start at the element; null where there is none."""

    path: Path
    part: "Part"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The records of a page."""

    part: "Part"


@dataclass(frozen=True, slots=True)
class EdgeCursor:
    """The cursor of one record."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The records of a page, each in an object with these members."""

    members: tuple[tuple[str, "Constant | EdgeCursor | Nodes"], ...]


PageFact = Literal["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The PageInfo of the GraphQL Cursor Connections Specification."""

    members: tuple[tuple[str, Constant | PageFact], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """How many records match, on all pages."""


ListPart = Constant | Nodes | Edges | PageFacts | Total


@dataclass(frozen=True, slots=True)
class Cursors:
    """Positions of what cursors are made of: the context they are bound to, and the two keys of the HMAC's hashes."""

    context: Position
    inner_key: Position
    outer_key: Position


@dataclass(frozen=True, slots=True)
class Connection:
    """A page of the records of a table, or (`link`) of those related to the record, as an object of `members`.

    As in `ReadPlan`, `limit` and `offset` are positions, `size` is a limit that is written into the statement, and the
    order is total; `skips`: the offset is not zero. `cursors` is there when members show some.
    """

    table: str
    link: Link | None
    members: tuple[tuple[str, ListPart], ...]
    filter: Filter
    order: tuple[OrderKey, ...]
    limit: Position
    offset: Position | None = None
    skips: bool = False
    bound: Bound | None = None
    backward: bool = False
    cursors: Cursors | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class First:
    """The first record of a table that the filter finds, or null."""

    table: str
    filter: Filter
    part: "Part"


@dataclass(frozen=True, slots=True)
class Listed:
    """All records of a table that the filter finds, as an array in the order of the ids at `ids`."""

    table: str
    ids: Position
    part: "Part"


@dataclass(frozen=True, slots=True)
class Measure:
    """One aggregate of one place."""

    function: AggregateFunction
    target: Target


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """The value of the grouping key at an index of the plan's keys."""

    key: int


@dataclass(frozen=True, slots=True)
class MeasureFigure:
    """The value of the measure at an index of the plan's measures."""

    measure: int


@dataclass(frozen=True, slots=True)
class CountFigure:
    """How many records the group has."""


@dataclass(frozen=True, slots=True)
class Figures:
    """An object of figures."""

    members: tuple[tuple[str, "Figure"], ...]


Figure = Constant | KeyFigure | MeasureFigure | CountFigure | Figures


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """A sort key of groups."""

    figure: KeyFigure | MeasureFigure | CountFigure
    direction: Direction
    nulls: Nulls


@dataclass(frozen=True, slots=True)
class AggregatePlan:
    """Groups of the records that match, at most `limit`, each shown as `shown`.

    They are in `order`, ties broken by the keys. `spelled`: enums go by their GraphQL names. `big_as_text` as in
    `Typed`. `all_or_none`: nothing is shown when there are more groups than `limit`. `extract` holds all that is read
    of records, and is read instead of `table`.
    """

    table: str
    filter: Filter
    keys: tuple[Target, ...]
    measures: tuple[Measure, ...]
    shown: Figures
    limit: int
    order: tuple[GroupOrder, ...] = ()
    spelled: bool = False
    big_as_text: bool = False
    all_or_none: bool = False
    extract: Extract | None = None


Part = (
    Constant
    | Meta
    | Whole
    | Picked
    | Typed
    | Structured
    | Chosen
    | Elements
    | Members
    | RelatedOne
    | RelatedMany
    | Connection
    | First
    | Listed
    | AggregatePlan
)


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """Everything one operation reads: one statement whose single row is the text of an object of these members.

    The text is `null` when an aggregate that shows all groups or none has too many.
    """

    members: Members


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A page: one statement whose single row is (items text, fetched, first keys, last keys, total).

    `order` is total (its last key is the id). `bound` is where the page starts; `backward` reads towards the start of
    the order and gives the page back in order. `limit` and `offset` are positions; one record more than `limit` is
    fetched to learn whether there are more. `size` is the limit where it is written into the statement (see
    `query.pages.written_size`). `count` asks for the total of all records that match `filter`.
    """

    table: str
    part: Part
    filter: Filter
    order: tuple[OrderKey, ...]
    limit: Position
    offset: Position | None = None
    bound: Bound | None = None
    backward: bool = False
    count: bool = False
    size: int | None = None

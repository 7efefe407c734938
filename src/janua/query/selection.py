"""What GraphQL asks to be shown, before anything is resolved: the members of answers by response key, in order.

Names are in GraphQL spelling. Start at `AnswerQuery`, which is one operation; `members` plans it.
"""

from dataclasses import dataclass
from typing import Literal

from janua.model.collection import Path
from janua.query.ast import AggregateFunction, Direction, Nulls, OrderTerm, PageRequest, Raw, RawFilter
from janua.query.parts import Constant, PageFact

Selection = tuple[tuple[str, "Asked"], ...]
"""Response key → what stands there."""


@dataclass(frozen=True, slots=True)
class Named:
    """The field, system value or to-one relation of this name.

    `inside` says what of it: one selection, or one for each variant of a union, in the order of the variants.
    """

    name: str
    inside: tuple[Selection, ...] = ()


@dataclass(frozen=True, slots=True)
class NodesAsked:
    """The records of a page."""

    shown: Selection


@dataclass(frozen=True, slots=True)
class EdgesAsked:
    """The records of a page and their cursors: members are constants, `cursor`, and `node` with its selection."""

    members: tuple[tuple[str, "Constant | Literal['cursor'] | NodesAsked"], ...]


@dataclass(frozen=True, slots=True)
class FactsAsked:
    """PageInfo."""

    members: tuple[tuple[str, Constant | PageFact], ...]


@dataclass(frozen=True, slots=True)
class TotalAsked:
    """How many match."""


ListMember = Constant | NodesAsked | EdgesAsked | FactsAsked | TotalAsked


@dataclass(frozen=True, slots=True)
class ListAsked:
    """A connection: of a collection (at the root), or of a relation with several records; `name` is its name."""

    name: str
    members: tuple[tuple[str, ListMember], ...]
    where: RawFilter | None = None
    order: tuple[OrderTerm, ...] = ()
    page: PageRequest = PageRequest()


Asked = Constant | Named | ListAsked


@dataclass(frozen=True, slots=True)
class OneAsked:
    """The record of a collection that has `value` at the path `by`, a unique field, or as its id (None)."""

    collection: str
    by: Path | None
    value: Raw
    shown: Selection


@dataclass(frozen=True, slots=True)
class RecordsAsked:
    """The records of a collection with these ids, as an array in their order."""

    collection: str
    ids: tuple[str, ...]
    shown: Selection


@dataclass(frozen=True, slots=True)
class FigureAsked:
    """A figure of a group: `count`, or a function (`key` stands for the value itself) of a dotted field path."""

    function: Literal["key", "count"] | AggregateFunction
    path: str = ""


FigureSelection = tuple[tuple[str, "Constant | FigureAsked | FiguresAsked"], ...]


@dataclass(frozen=True, slots=True)
class FiguresAsked:
    """An object of figures."""

    members: FigureSelection


@dataclass(frozen=True, slots=True)
class FigureOrder:
    """A sort key of groups."""

    figure: FigureAsked
    direction: Direction = "asc"
    nulls: Nulls | None = None


@dataclass(frozen=True, slots=True)
class GroupsAsked:
    """Figures over the records of a collection that match, a group for each combination of `group_by`."""

    collection: str
    shown: FigureSelection
    where: RawFilter | None = None
    group_by: tuple[str, ...] = ()
    order: tuple[FigureOrder, ...] = ()
    first: int | None = None


Root = Constant | OneAsked | ListAsked | RecordsAsked | GroupsAsked


@dataclass(frozen=True, slots=True)
class AnswerQuery:
    """Everything that one operation reads, by response key. `big_as_text`: big integers are shown as strings."""

    roots: tuple[tuple[str, Root], ...]
    big_as_text: bool = False

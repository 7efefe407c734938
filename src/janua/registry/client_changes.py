"""What changes for clients from one version of a collection to the next: GraphQL fields, REST parameters, relations.

In: two sides. Out: changes as the members of a report. Start at `graphql_changes`. Each has `name`, `kind`,
`breaking`, `dangerous` and `message`: a breaking change makes a request fail that was right before, a dangerous one may
surprise a client that was written for the old version.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from janua.model.types import Json
from janua.registry.client_view import Seen, SeenRelation, Side, graphql_view, relation_view, rest_view

Kind = Literal["added", "removed", "changed"]
Changes = Sequence[Mapping[str, Json]]
T = TypeVar("T")


def graphql_changes(old: Side, new: Side) -> Changes:
    """Return what changes in GraphQL types; a name is like `Book.title`, or `Author.books` for another's type."""
    return _named(graphql_view(old), graphql_view(new), _graphql_change)


def rest_changes(old: Side, new: Side) -> Changes:
    """Return what changes in what REST filters, sorts, selects and includes by.

    A name is like `publisher.city`, or `authors.books` for what another collection has.
    """
    return _named(rest_view(old), rest_view(new), _rest_change)


def relation_changes(old: Side, new: Side) -> Changes:
    """Return what changes in relations; a name is that of the relation's field."""
    return _named(relation_view(old), relation_view(new), _relation_change)


@dataclass(frozen=True, slots=True)
class _Difference:
    kind: Kind
    message: str
    breaking: bool = False
    dangerous: bool = False


_NO_RELATION = "the relation is gone: filters through it, include and nested fields are refused"


def _named(
    old: Mapping[str, T], new: Mapping[str, T], judge: Callable[[T | None, T | None], _Difference | None]
) -> Changes:
    judged = {name: judge(old.get(name), new.get(name)) for name in {**old, **new}}
    return [
        {
            "name": name,
            "kind": each.kind,
            "breaking": each.breaking,
            "dangerous": each.dangerous,
            "message": each.message,
        }
        for name, each in judged.items()
        if each is not None
    ]


def _graphql_change(old: Seen | None, new: Seen | None) -> _Difference | None:
    if old is None or new is None:
        return _come_or_gone(new, "a field of type", "the field was removed; queries that ask for it are refused")
    if old.type.removesuffix("!") != new.type.removesuffix("!"):
        return _Difference("changed", f"the type was {old.type} and is {new.type}", breaking=True)
    if old.type != new.type:
        said = f"the type was {old.type} and is {new.type}"
        if old.type.endswith("!"):
            return _Difference("changed", f"{said}: clients may meet null where there was none", dangerous=True)
        return _Difference("changed", f"{said}: mutations that create or replace have to give it", breaking=True)
    if gone := old.values - new.values:
        return _Difference("changed", f"the enum loses {', '.join(sorted(gone))}", breaking=True)
    if come := new.values - old.values:
        # Compatible as JSON, but clients that switch over the values meet one they do not know.
        message = f"GraphQL-dangerous: the enum gains {', '.join(sorted(come))}, which clients may not know"
        return _Difference("changed", message, dangerous=True)
    return None


def _rest_change(old: Seen | None, new: Seen | None) -> _Difference | None:
    if old is None or new is None:
        gone = "the field is gone: filters, sort, fields and group_by that name it are refused"
        related = (new or old or Seen("")).is_relation
        return _come_or_gone(new, "a relation to" if related else "a field of type", _NO_RELATION if related else gone)
    if old.type == new.type:
        return None
    message = f"the type was {old.type} and is {new.type}: its filter operators and operands change"
    return _Difference("changed", message, breaking=True)


def _relation_change(old: SeenRelation | None, new: SeenRelation | None) -> _Difference | None:
    if old is None or new is None:
        return _come_or_gone(new, "a relation to", _NO_RELATION)
    if old == new:
        return None
    message = f"the relation was to {old.type}, and is to {new.type}"
    elsewhere = (old.target, old.many, old.inverse) != (new.target, new.many, new.inverse)
    stricter = old.on_delete != new.on_delete == "restrict"
    breaking = elsewhere or stricter
    return _Difference("changed", message, breaking=breaking, dangerous=not breaking)


def _come_or_gone(new: Seen | SeenRelation | None, what: str, gone: str) -> _Difference:
    return _Difference("added", f"{what} {new.type} was added") if new else _Difference("removed", gone, breaking=True)

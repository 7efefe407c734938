"""What changes for clients from one version of a collection to the next: GraphQL fields, REST parameters, relations.

In: two collections. Out: changes as the members of a report. Start at `graphql_changes`. Each has `name`, `kind`,
`breaking`, `dangerous` and `message`: a breaking change makes a request fail that was right before, a dangerous one may
surprise a client that was written for the old version.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from janua.model.collection import Collection, Field, Relation
from janua.model.types import Enum, Json, Type
from janua.registry.names import graphql_type

Kind = Literal["added", "removed", "changed"]
Changes = Sequence[Mapping[str, Json]]


def graphql_changes(old: Collection, new: Collection) -> Changes:
    """Return what changes in GraphQL types; a name is like `Book.title`."""
    return _named(_graphql_fields(old), _graphql_fields(new), _graphql_change)


def rest_changes(old: Collection, new: Collection) -> Changes:
    """Return what changes in the fields that REST filters, sorts and selects by; a name is like `publisher.city`."""
    return _named(_rest(old), _rest(new), _rest_change)


def relation_changes(old: Collection, new: Collection) -> Changes:
    """Return what changes in relations; a name is that of the relation's field."""
    return _named(_relations(old), _relations(new), _relation_change)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A field or a relation as a client sees it."""

    type: str
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Difference:
    kind: Kind
    message: str
    breaking: bool = False
    dangerous: bool = False


_Judge = Callable[[_Seen | None, _Seen | None], _Difference | None]


def _graphql_fields(collection: Collection) -> dict[str, _Seen]:
    objects = {name: each.fields for name, each in collection.objects.items()}
    return {
        f"{name}.{each.graphql}": _Seen(graphql_type(each), _values(each.type))
        for name, fields in objects.items()
        for each in fields
    }


def _rest(collection: Collection) -> dict[str, _Seen]:
    found: dict[str, _Seen] = {}
    spelled: dict[tuple[str, ...], str] = {(): ""}
    for path, each in collection.walk():
        above = spelled.setdefault(path[:-1], ".".join(path[:-1]))
        spelled[path] = spelled[(*path, "*")] = f"{above}.{each.rest}" if above else each.rest
        found[spelled[path]] = _Seen(_plain_type(each))
    return found


def _relations(collection: Collection) -> dict[str, _Seen]:
    return {each.field: _Seen(_described(each)) for each in collection.relations}


def _described(relation: Relation) -> str:
    many = "many of " if relation.many else ""
    inverse = f", seen from there as {relation.inverse}" if relation.inverse else ""
    return f"{many}{relation.target} by {'.'.join(relation.path)}, on delete {relation.on_delete}{inverse}"


def _plain_type(field: Field) -> str:
    return graphql_type(field).removesuffix("!")


def _values(type: Type) -> frozenset[str]:
    return frozenset(each.graphql for each in type.values) if isinstance(type, Enum) else frozenset()


def _named(old: Mapping[str, _Seen], new: Mapping[str, _Seen], judge: _Judge) -> Changes:
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


def _graphql_change(old: _Seen | None, new: _Seen | None) -> _Difference | None:
    if old is None or new is None:
        return _come_or_gone(new, "a field of type", "the field was removed; queries that ask for it are refused")
    if old.type.removesuffix("!") != new.type.removesuffix("!"):
        return _Difference("changed", f"the type was {old.type} and is {new.type}", breaking=True)
    if old.type != new.type:
        consequence = (
            "clients may meet null where there was none"
            if old.type.endswith("!")
            else "mutations that create or replace have to give it"
        )
        return _Difference("changed", f"the type was {old.type} and is {new.type}: {consequence}", dangerous=True)
    if gone := old.values - new.values:
        return _Difference("changed", f"the enum loses {', '.join(sorted(gone))}", breaking=True)
    if come := new.values - old.values:
        # Compatible as JSON, but clients that switch over the values meet one they do not know.
        message = f"GraphQL-dangerous: the enum gains {', '.join(sorted(come))}, which clients may not know"
        return _Difference("changed", message, dangerous=True)
    return None


def _rest_change(old: _Seen | None, new: _Seen | None) -> _Difference | None:
    if old is None or new is None:
        gone = "the field is gone: filters, sort, fields and group_by that name it are refused"
        return _come_or_gone(new, "a field of type", gone)
    if old.type == new.type:
        return None
    message = f"the type was {old.type} and is {new.type}: its filter operators and operands change"
    return _Difference("changed", message, breaking=True)


def _relation_change(old: _Seen | None, new: _Seen | None) -> _Difference | None:
    if old is None or new is None:
        gone = "the relation is gone: filters through it, include and nested fields are refused"
        return _come_or_gone(new, "a relation to", gone)
    if old.type == new.type:
        return None
    return _Difference("changed", f"the relation was to {old.type}, and is to {new.type}", dangerous=True)


def _come_or_gone(new: _Seen | None, what: str, gone: str) -> _Difference:
    return _Difference("added", f"{what} {new.type} was added") if new else _Difference("removed", gone, breaking=True)

"""What changes from one schema version to the next, and what each change may break.

In: the collections of two versions. Out: a `Comparison`: changes of the schema document, with their pointers, and of
what GraphQL and REST clients see. Start at `compare`. `breaking` means that a document valid before may be invalid
now (or a client's query refused); whether a stored record really breaks is for the gateway to find out. Only for
schemas that `schema_check` let through: the walk is as deep as the document.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from janua.model.collection import Collection, Field
from janua.model.names import pointer
from janua.model.patch import equal
from janua.model.types import Enum, Json, Type
from janua.registry.keywords import KEYWORDS
from janua.registry.messages import one_of, short
from janua.registry.names import graphql_type
from janua.registry.shapes import is_number

MODES = ("none", "backward", "forward", "full", "backward_transitive", "forward_transitive", "full_transitive")
"""The compatibility modes that a collection may have."""

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `pointer` leads to it in the new document, or in the old one when it was removed."""

    pointer: str
    kind: Kind
    breaking: bool
    message: str

    def members(self) -> Mapping[str, Json]:
        """Return the change as a report shows it."""
        return {"pointer": self.pointer, "kind": self.kind, "breaking": self.breaking, "message": self.message}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of two versions, as the members of a report."""

    changes: Sequence[Mapping[str, Json]]
    graphql: Sequence[Mapping[str, Json]]
    rest: Sequence[Mapping[str, Json]]


def compare(old: Collection, new: Collection) -> Comparison:
    """Return what changes from the old version to the new one.

    `changes` have `pointer`, `kind`, `breaking` and `message`; those of `graphql` and `rest` have `name` (`Book.title`,
    `publisher.city`) instead of the pointer.
    """
    changes = [each.members() for each in _schema(cast(Json, old.document), cast(Json, new.document), "")]
    return Comparison(changes, _named(_graphql_fields(old), _graphql_fields(new)), _named(_rest(old), _rest(new)))


def _schema(old: Json, new: Json, where: str) -> Iterator[Change]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if not equal(old, new):
            yield Change(where, "changed", new is not True, f"the schema was {_shape(old)} and is {_shape(new)}")
        return
    for key in {**old, **new}:
        here = f"{where}{pointer((key,))}"
        keyword = KEYWORDS.get(key)
        if keyword is None:
            yield from _keyword(key, old, new, here)
        elif keyword.shape == "map":
            yield from _map(key, old, new, here)
        elif isinstance(old.get(key), list) and isinstance(new.get(key), list):
            yield from _branches(key, cast(list[Json], old[key]), cast(list[Json], new[key]), here)
        elif key in old and key in new:
            yield from _schema(old[key], new[key], here)
        else:
            yield _alone(key, new, here)


def _map(key: str, old: dict[str, Json], new: dict[str, Json], where: str) -> Iterator[Change]:
    before, after = _object(old.get(key)), _object(new.get(key))
    what = _PARTS.get(key, "schema")
    for name in {**before, **after}:
        here = f"{where}{pointer((name,))}"
        if name in before and name in after:
            yield from _schema(before[name], after[name], here)
        elif name in after:
            # An optional property of an open object is where registries cry wolf: stored records decide.
            breaking = key not in ("properties", "$defs", "definitions")
            yield Change(here, "added", breaking, f"{what} {short(name)} was added")
        else:
            breaking = key == "properties" and new.get("additionalProperties") not in (None, True)
            yield Change(here, "removed", breaking, f"{what} {short(name)} was removed")


def _branches(key: str, old: list[Json], new: list[Json], where: str) -> Iterator[Change]:
    for place, (before, after) in enumerate(zip(old, new, strict=False)):
        yield from _schema(before, after, f"{where}/{place}")
    for place in range(len(old), len(new)):
        yield Change(f"{where}/{place}", "added", key != "anyOf", f"a branch of {key} was added")
    for place in range(len(new), len(old)):
        yield Change(f"{where}/{place}", "removed", key != "allOf", f"a branch of {key} was removed")


def _alone(key: str, new: dict[str, Json], where: str) -> Change:
    if key in new:
        return Change(where, "added", new[key] is not True, f"{key} was added")
    return Change(where, "removed", key in ("if", "anyOf"), f"{key} was removed")


def _keyword(key: str, old: dict[str, Json], new: dict[str, Json], where: str) -> Iterator[Change]:
    before, after = old.get(key), new.get(key)
    if key in old and key in new and equal(before, after):
        return
    kind: Kind = "changed" if key in old and key in new else "added" if key in new else "removed"
    breaking = _is_breaking(key, kind, before, after)
    yield Change(where, kind, breaking, _message(key, kind, before, after))


def _is_breaking(key: str, kind: Kind, before: Json, after: Json) -> bool:
    if key in _ANNOTATIONS or key.startswith("x-"):
        return key in ("x-unique", "x-relation", "x-indexes") and kind != "removed"
    if kind == "removed":
        # Without their companions these mean less; a reference or an identifier may have been all there was.
        return key in ("$id", "id", "$anchor", "$dynamicAnchor")
    narrower = _NARROWER.get(key)
    return narrower is None or kind == "added" or narrower(before, after)


def _message(key: str, kind: Kind, before: Json, after: Json) -> str:
    if kind == "added":
        return f"{key} {short(after)} was added"
    if kind == "removed":
        return f"{key} {short(before)} was removed"
    if key in ("required", "enum") and isinstance(before, list) and isinstance(after, list):
        gone, come = _less(before, after), _less(after, before)
        said = [f"gains {one_of(come)}".replace(" or ", " and ")] if come else []
        said += [f"loses {one_of(gone)}".replace(" or ", " and ")] if gone else []
        return f"{key} {' and '.join(said) or 'is in another order'}"
    return f"{key} was {short(before)} and is {short(after)}"


def _less(some: list[Json], others: list[Json]) -> list[Json]:
    return [each for each in some if not any(equal(each, other) for other in others)]


def _rises(before: Json, after: Json) -> bool:
    return not (is_number(before) and is_number(after)) or after > before


def _falls(before: Json, after: Json) -> bool:
    return not (is_number(before) and is_number(after)) or after < before


def _loses(before: Json, after: Json) -> bool:
    return not (isinstance(before, list) and isinstance(after, list)) or bool(_less(before, after))


def _gains(before: Json, after: Json) -> bool:
    return _loses(after, before)


def _loses_types(before: Json, after: Json) -> bool:
    allowed = set(cast(list[str], after if isinstance(after, list) else [after]))
    allowed |= {"integer"} if "number" in allowed else set()
    return not set(cast(list[str], before if isinstance(before, list) else [before])) <= allowed


_ANNOTATIONS = frozenset({
    "title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly",
    "contentMediaType", "contentEncoding",
})  # fmt: skip
_NARROWER: Mapping[str, Callable[[Json, Json], bool]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), _rises),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), _falls),
    "required": _gains,
    "enum": _loses,
    "type": _loses_types,
    "uniqueItems": lambda _, after: after is True,
}
"""Keyword → whether a change from one value to another allows less than before."""
_PARTS = {
    "properties": "the property",
    "patternProperties": "the pattern",
    "$defs": "the definition",
    "definitions": "the definition",
}


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _shape(schema: Json) -> str:
    return "an object" if isinstance(schema, dict) else short(schema)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A field as a client sees it."""

    type: str
    values: frozenset[str]


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
        found[spelled[path]] = _Seen(_plain_type(each), frozenset())
    return found


def _plain_type(field: Field) -> str:
    return graphql_type(field).removesuffix("!")


def _values(type: Type) -> frozenset[str]:
    return frozenset(each.graphql for each in type.values) if isinstance(type, Enum) else frozenset()


def _named(old: Mapping[str, _Seen], new: Mapping[str, _Seen]) -> list[Mapping[str, Json]]:
    changes = [change for name in {**old, **new} if (change := _client(old.get(name), new.get(name))) is not None]
    names = [name for name in {**old, **new} if _client(old.get(name), new.get(name)) is not None]
    return [
        {"name": name, "kind": kind, "breaking": breaking, "message": message}
        for name, (kind, breaking, message) in zip(names, changes, strict=True)
    ]


def _client(old: _Seen | None, new: _Seen | None) -> tuple[Kind, bool, str] | None:
    if old is None:
        return ("added", False, f"a field of type {new.type} was added") if new else None
    if new is None:
        return "removed", True, "the field was removed"
    if old.type != new.type:
        # Non-null where it was nullable breaks no reader.
        return "changed", old.type != new.type.removesuffix("!"), f"the type was {old.type} and is {new.type}"
    if gone := old.values - new.values:
        return "changed", True, f"the enum loses {', '.join(sorted(gone))}"
    if come := new.values - old.values:
        # Compatible as JSON, but clients that switch over the values meet one they do not know.
        return "changed", False, f"GraphQL-dangerous: the enum gains {', '.join(sorted(come))}"
    return None

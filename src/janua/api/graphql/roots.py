"""The root fields of a collection: what they are called, which arguments they take, and what they are marked with.

Start at `query_fields` and `mutation_fields`. They have no resolvers: each carries its `Root`, from which an operation
is compiled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from graphql import GraphQLArgument, GraphQLDefaultInput, GraphQLEnumType, GraphQLField

from janua.api.graphql import kinds, scalars
from janua.api.graphql.aggregates import group_field_type, group_order_type, group_type
from janua.api.graphql.filters import where_type
from janua.api.graphql.inputs import input_type, patch_type
from janua.api.graphql.kinds import Input, NullableInput, Output
from janua.api.graphql.objects import connection_field, order_argument, record_type
from janua.api.graphql.types import Types
from janua.model.collection import Collection, Names, Path
from janua.model.names import LONGEST, Wish, assign, hashed, pointer
from janua.model.types import Anything, Array, Object, Union

Verb = Literal[
    "one", "many", "aggregate", "create", "create_many", "replace", "update", "upsert", "update_many", "delete",
    "delete_many",
]  # fmt: skip
_IN_ORDER: tuple[Verb | Literal["changes"], ...] = (
    "one", "many", "aggregate", "changes", "create", "replace", "update", "upsert", "delete", "create_many",
    "update_many", "delete_many",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Root:
    """What a root field does, on which collection.

    `unique` are the unique fields by which `one` finds and `upsert` matches a record: argument or enum value → path.
    """

    verb: Verb
    collection: str
    unique: Mapping[str, Path] = field(default_factory=dict[str, Path])


def root_names(names: Names) -> Mapping[Verb, str]:
    """Return what the root fields of a collection are called."""
    named = zip(_IN_ORDER, names.root_fields, strict=True)
    return {verb: name for verb, name in named if verb != "changes"}


def unique_fields(collection: Collection) -> Mapping[str, Path]:
    """Return the single values that are unique over all records: GraphQL name → path, in the order of the schema."""
    unique = {
        pointer(index.keys[0].path): index.keys[0].path
        for index in collection.indexes
        if index.unique and len(index.keys) == 1 and index.where is None and index.kind == "btree"
    }
    spelled = {where: name for where, path in unique.items() if (name := _spelled(collection, path)) is not None}
    rounds: list[Wish] = [
        lambda where: spelled[where] if len(unique[where]) == 1 else None,
        spelled.get,
        *hashed(lambda where: spelled[where][: LONGEST - 65]),
    ]
    names = assign(spelled, rounds, ("id", "true", "false", "null"))
    return {names[where]: unique[where] for where in spelled}


def query_fields(types: Types, collection: Collection) -> Mapping[str, GraphQLField]:
    """Return the query fields of a collection."""
    names = root_names(collection.names)
    unique = unique_fields(collection)
    many = connection_field(
        types, collection, f"The {collection.names.plural} that match, page by page.", _mark("many", collection)
    )
    return {
        names["one"]: GraphQLField(
            record_type(types, collection),
            {"id": GraphQLArgument(scalars.ID)}
            | {name: GraphQLArgument(_type_at(types, collection, path)) for name, path in unique.items()},
            description=f"One {collection.names.single} by its id"
            f"{', or by a unique field: exactly one argument is given' if unique else ''}, or null.",
            extensions=_mark("one", collection, unique),
        ),
        names["many"]: many,
        names["aggregate"]: _aggregate(types, collection),
    }


def mutation_fields(types: Types, collection: Collection) -> Mapping[str, GraphQLField]:
    """Return the mutation fields of a collection."""
    names, unique = root_names(collection.names), unique_fields(collection)
    found = _single_writes(types, collection) | _bulk_writes(types, collection)
    if unique:
        found["upsert"] = _upsert(types, collection, unique)
    return {names[verb]: each for verb, each in found.items()}


def _aggregate(types: Types, collection: Collection) -> GraphQLField:
    groups = types.non_null(types.list_of(types.non_null(group_type(types, collection))))
    arguments = {
        "where": GraphQLArgument(where_type(types, collection)),
        "groupBy": GraphQLArgument(types.list_of(types.non_null(group_field_type(types, collection)))),
        "orderBy": order_argument(group_order_type(types, collection)),
        "first": GraphQLArgument(scalars.INT, description="How many groups at most."),
    }
    text = f"Figures over the {collection.names.plural} that match: one group, or one for each value of `groupBy`."
    return GraphQLField(groups, arguments, description=text, extensions=_mark("aggregate", collection))


def _single_writes(types: Types, collection: Collection) -> dict[Verb, GraphQLField]:
    one, id = collection.names.single, _required(types, scalars.ID)
    document = _required(types, input_type(types, collection))
    patch = _required(types, patch_type(types, collection))
    version = GraphQLArgument(scalars.INT, description="Fail unless this is the record's version.")
    wished = GraphQLArgument(scalars.ID, description="A UUID; made unless it is given.")
    arguments: Mapping[Verb, tuple[str, dict[str, GraphQLArgument]]] = {
        "create": (f"Create one {one}.", {"input": document, "id": wished}),
        "replace": (f"Replace the document of one {one}.", {"id": id, "input": document, "ifVersion": version}),
        "update": (
            f"Change one {one}: what the patch names is set, null removes, the rest stays.",
            {"id": id, "patch": patch, "ifVersion": version},
        ),
        "delete": (f"Delete one {one}, and return it as it was.", {"id": id, "ifVersion": version}),
    }
    record = types.non_null(record_type(types, collection))
    return {verb: _write(record, verb, collection, *each) for verb, each in arguments.items()}


def _bulk_writes(types: Types, collection: Collection) -> dict[Verb, GraphQLField]:
    many = collection.names.plural
    documents = _required(types, types.list_of(types.non_null(input_type(types, collection))))
    where = _required(types, where_type(types, collection))
    patch = _required(types, patch_type(types, collection))
    at_most = GraphQLArgument(
        scalars.INT,
        description="Touch nothing if more records match: 100, unless the server is set up otherwise.",
    )
    arguments: Mapping[Verb, tuple[str, dict[str, GraphQLArgument]]] = {
        "create_many": (f"Create several {many}, all or none.", {"inputs": documents}),
        "update_many": (f"Change all {many} that match.", {"where": where, "patch": patch, "atMost": at_most}),
        "delete_many": (
            f"Delete all {many} that match, and return them as they were.",
            {"where": where, "atMost": at_most},
        ),
    }
    records = types.non_null(types.list_of(types.non_null(record_type(types, collection))))
    return {verb: _write(records, verb, collection, *each) for verb, each in arguments.items()}


def _upsert(types: Types, collection: Collection, unique: Mapping[str, Path]) -> GraphQLField:
    field_type = _unique_field_type(types, collection, unique)
    arguments = {
        "input": _required(types, input_type(types, collection)),
        "onConflict": GraphQLArgument(types.non_null(field_type), default=GraphQLDefaultInput(next(iter(unique)))),
    }
    text = f"Create one {collection.names.single}, or replace the one that has the same value in a unique field."
    record = types.non_null(record_type(types, collection))
    return GraphQLField(record, arguments, description=text, extensions=_mark("upsert", collection, unique))


def _unique_field_type(types: Types, collection: Collection, unique: Mapping[str, Path]) -> GraphQLEnumType:
    name = types.derive(types.record_name(collection), "UniqueField")
    return types.once(name, lambda name: kinds.enum_type(name, {each: each for each in unique}))


def _write(
    type: Output, verb: Verb, collection: Collection, text: str, arguments: dict[str, GraphQLArgument]
) -> GraphQLField:
    return GraphQLField(type, arguments, description=text, extensions=_mark(verb, collection))


def _mark(verb: Verb, collection: Collection, unique: Mapping[str, Path] | None = None) -> dict[str, object]:
    return {"janua": Root(verb, collection.name, unique or {})}


def _required(types: Types, type: NullableInput) -> GraphQLArgument:
    return GraphQLArgument(types.non_null(type))


def _spelled(collection: Collection, path: Path) -> str | None:
    names: list[str] = []
    fields = collection.fields
    for key in path:
        found = next((each for each in fields if each.name == key), None)
        if found is None:
            return None
        names.append(found.graphql)
        fields = collection.children(found.type)
    return "_".join(names)


def _type_at(types: Types, collection: Collection, path: Path) -> Input:
    found = collection.field_at(path)
    if found is None or isinstance(found.type, Object | Array | Union | Anything):
        return scalars.JSON
    return types.scalar(found.type)

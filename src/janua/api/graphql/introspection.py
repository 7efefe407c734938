"""What an operation asks of the GraphQL schema itself, written as text.

graphql-core would answer it as any other field, in four times the time and as objects that take ten times the memory:
of a thousand collections these are tens of megabytes. The fields of introspection are all resolved at once and never
fail, so nothing is left of execution but to walk through them. Start at `Introspection.texts`.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
)

from janua.api.graphql.selecting import Fields, Selecting, sets_of
from janua.model.json import dumps

ROOTS: Final = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
Member = tuple[str, GraphQLField | None, dict[str, Any], list[FieldNode]]
"""The text before a value, its field and the arguments of that, and where it is selected; no field: the text is all."""


class Introspection:
    """Writes what one operation selects of a schema; `selecting` has its fragments and the values of its variables."""

    def __init__(self, schema: GraphQLSchema, selecting: Selecting) -> None:
        self._selecting = selecting
        self._info: Any = SimpleNamespace(schema=schema)
        self._known: dict[int, Sequence[Member]] = {}

    def texts(self, fields: Fields) -> dict[str, bytes]:
        """Return the JSON of each of these root fields, by its key. Takes seconds for all of a large schema.

        Raises: `GraphQLError` for an argument that is null.
        """
        return {key: self._root(nodes) for key, nodes in fields.items()}

    def _root(self, nodes: list[FieldNode]) -> bytes:
        field = ROOTS[nodes[0].name.value]
        parts: list[str] = []
        value = self._resolved(field, None, self._arguments(field, nodes))
        self._write(cast("Any", field).type, value, nodes, parts)
        return "".join(parts).encode()

    def _write(self, type: Any, value: Any, nodes: list[FieldNode], parts: list[str]) -> None:  # noqa: ANN401 -- parts of the schema
        if isinstance(type, GraphQLNonNull):
            self._write(cast("Any", type).of_type, value, nodes, parts)
        elif value is None:
            parts.append("null")
        elif isinstance(type, GraphQLList):
            before = "["
            for each in value:
                parts.append(before)
                self._write(cast("Any", type).of_type, each, nodes, parts)
                before = ","
            parts.append("[]" if before == "[" else "]")
        elif isinstance(type, GraphQLObjectType):
            for before, field, arguments, inside in self._members(type, nodes):
                parts.append(before)
                if field is not None:
                    self._write(cast("Any", field).type, self._resolved(field, value, arguments), inside, parts)
            parts.append("}")
        else:
            parts.append(dumps(type.serialize(value)))

    def _resolved(self, field: GraphQLField, source: Any, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 -- parts of the schema
        assert field.resolve is not None  # noqa: S101 -- all fields of introspection have one
        return field.resolve(source, self._info, **arguments)

    def _members(self, type: GraphQLObjectType, nodes: list[FieldNode]) -> Sequence[Member]:
        """Return what is selected of an object; there are no unions here, so a place always shows the same type."""
        found = self._known.get(id(nodes))
        if found is None:
            collected = self._selecting.collect(sets_of(nodes), type)
            # The nodes are kept with it, so that no others ever have their identity.
            found = self._known[id(nodes)] = [
                self._member("," if place else "{", key, type, each)
                for place, (key, each) in enumerate(collected.items())
            ]
        return found

    def _member(self, before: str, key: str, type: GraphQLObjectType, nodes: list[FieldNode]) -> Member:
        name = nodes[0].name.value
        if name == "__typename":
            return f"{before}{dumps(key)}:{dumps(type.name)}", None, {}, nodes
        field = type.fields[name]
        return f"{before}{dumps(key)}:", field, self._arguments(field, nodes), nodes

    def _arguments(self, field: GraphQLField, nodes: list[FieldNode]) -> dict[str, Any]:
        return dict(self._selecting.arguments(field, nodes[0]))

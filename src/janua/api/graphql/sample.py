"""A query to begin with, for who opens GraphiQL: some fields of a collection, and what it relates to.

In: a GraphQL schema and a root field that lists records. Out: a query that is valid under it. Start at `sample_query`.
"""

from collections.abc import Iterable

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, is_leaf_type

from janua.api.graphql.coercion import type_of
from janua.model.catalog import Catalog
from janua.model.collection import Collection

SHOWN = 4
"""Fields of a record that the sample selects."""
EMPTY = "# Register a schema first: PUT /registry/{collection}. These are the collections that there are.\n"
HINT = "# Ctrl-Enter runs it, Ctrl-Space offers what else there is.\n"
NOTHING = EMPTY + "{\n  collections {\n    name\n  }\n}\n"


def sampled(catalog: Catalog) -> Collection | None:
    """Return the collection that shows most: one with relations, else one with fields; None when there is neither."""
    known = [catalog.collections[name] for name in sorted(catalog.collections)]
    return next((each for each in known if each.relations), next((each for each in known if each.fields), None))


def sample_query(schema: GraphQLSchema, root: str) -> str:
    """Return a query of the first records that a root field lists."""
    fields = _object(_object(_query(schema)[root])["nodes"])
    related = next((name for name, each in fields.items() if _is_related(each)), None)
    lines = _leaves(fields, SHOWN)
    if related is not None:
        lines += [f"{related} {{", *(f"  {each}" for each in _leaves(_object(fields[related]), 2)), "}"]
    nodes = "\n".join(f"      {each}" for each in lines)
    return f"{HINT}{{\n  {root}(first: 5) {{\n    nodes {{\n{nodes}\n    }}\n    totalCount\n  }}\n}}\n"


def _query(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    return {} if schema.query_type is None else schema.query_type.fields


def _object(field: GraphQLField) -> dict[str, GraphQLField]:
    """Return the fields of the objects that a field shows, none when it shows others."""
    found = type_of(field)
    return found.fields if isinstance(found, GraphQLObjectType) else {}


def _leaves(fields: dict[str, GraphQLField], most: int) -> list[str]:
    found: Iterable[str] = (name for name, each in fields.items() if is_leaf_type(type_of(each)) and not each.args)
    return [name for name in found if fields[name].deprecation_reason is None][:most]


def _is_related(field: GraphQLField) -> bool:
    """Return whether a field shows a related record: those have an id, as records do, and take no arguments."""
    return not field.args and "id" in _object(field) and "_meta" in _object(field)

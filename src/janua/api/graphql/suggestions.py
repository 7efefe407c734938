"""Validation that helps: what a document may have meant by a name that is not there.

In: a document and the slice of the GraphQL schema for it; out: what is wrong. graphql-core suggests names that are
like a wrong one where it knows them; here the collections whose root fields are like it are made known to it, and a
field of records that is asked of their connection is pointed to its place. Start at `explained`.
"""

import re
from collections.abc import Iterable, Mapping

from graphql import DocumentNode, GraphQLError, GraphQLObjectType, GraphQLSchema, validate
from graphql.pyutils import suggestion_list

from janua.api.graphql.coercion import MAX_ERRORS, type_of

NEAREST = 3
"""Collections whose names are like one that is not there, and that are looked at for it."""
LOOKED_AT = 3
"""Unknown names of one document for which others are looked for."""

_UNKNOWN = re.compile(r"Cannot query field '(\w+)' on type '(\w+Connection)'\.$")


def errors_in(schema: GraphQLSchema, tree: DocumentNode, *, suggest: bool) -> list[GraphQLError]:
    """Return what is wrong with a document under a schema, up to `MAX_ERRORS`; `suggest`: and what may be meant."""
    errors = validate(schema, tree, max_errors=MAX_ERRORS, hide_suggestions=not suggest)
    return [_pointed(each, schema) for each in errors] if suggest else errors


def collections_like(roots: Iterable[str], known: Mapping[str, str]) -> frozenset[str]:
    """Return the collections whose root fields are like some that nobody has; `known` is root field → collection."""
    unknown = sorted(each for each in roots if each not in known and not each.startswith("__"))
    near = (each for name in unknown[:LOOKED_AT] for each in suggestion_list(name, known)[:NEAREST])
    return frozenset(known[each] for each in near)


def _pointed(error: GraphQLError, schema: GraphQLSchema) -> GraphQLError:
    found = _UNKNOWN.search(error.message)
    connection = schema.get_type(found[2]) if found else None
    if found is None or not isinstance(connection, GraphQLObjectType) or "nodes" not in connection.fields:
        return error
    record = type_of(connection.fields["nodes"])
    if not isinstance(record, GraphQLObjectType) or found[1] not in record.fields:
        return error
    message = f"{error.message} Did you mean 'nodes {{ {found[1]} }}'?"
    return GraphQLError(message, error.nodes, error.source, error.positions)

"""A GraphQL schema in GraphQL's schema definition language."""

from graphql import GraphQLSchema, print_schema


def print_sdl(schema: GraphQLSchema) -> str:
    """Return the schema definition language of a schema, ending in a line break."""
    return f"{print_schema(schema)}\n"

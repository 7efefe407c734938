"""The GraphQL face: the catalog as a GraphQL schema, and its operations.

`schema` puts a schema together: `component` makes the types of related collections (`objects`, `filters`, `orders`,
`inputs`, `aggregates`, `roots`), `registry` the part that is the same everywhere.
"""

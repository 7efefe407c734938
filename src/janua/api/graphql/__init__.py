"""The GraphQL face: the catalog as a GraphQL schema, GraphQL over HTTP, and operations compiled to SQL.

`schema` puts a GraphQL schema together: `component` makes the types of related collections (`objects`, `filters`,
`orders`, `inputs`, `aggregates`, `roots`), `registry` the part that is the same everywhere.

A request goes through `http`, which reads it and writes the answer, to `execution`: `limits` bounds a document before
`documents` validates and keeps it, `shaping` and `selecting` say what it asks for, `programs` compile that.
"""

"""The GraphQL face: the catalog as a GraphQL schema, GraphQL over HTTP, and operations compiled to SQL.

`schema` puts a GraphQL schema together: `component` makes the types of related collections (`objects`, `filters`,
`orders`, `inputs`, `aggregates`, `roots`), `registry` the part that is the same everywhere.

A request goes through `http`, which reads it (`negotiation`, `parameters`, `persisted`) and writes the answer, to
`execution` (`exchange` is what passes between them): `limits` bounds a document, first its text (`scanning`), before
`documents` validates and keeps it; `shaping` and `selecting` say what it asks for, `programs` compile that. `faults`
writes errors, with values as `quoting` has them; `page` is GraphiQL.
"""

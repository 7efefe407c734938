"""The GraphQL face: GraphQL over HTTP.

`http` reads a request (`negotiation`, `parameters`, `persisted`), asks the engine (`exchange`) and writes the answer;
`limits` bounds a document, first its text (`scanning`); `faults` writes errors; `page` is GraphiQL.
"""

"""The GraphQL face: GraphQL over HTTP.

`http` reads a request and writes the answer; `limits` bounds a document before it is validated.
"""

"""What a registered JSON Schema means: the one representation that DDL, queries, REST, OpenAPI, CLI and GraphQL read.

All values here are frozen. Read `types` (what a value can be), then `collection` (fields, indexes, relations),
then `names` (how they are spelled), then `catalog` (all collections served at one moment).
"""

"""What a caller asks: `ast` (asked) → `plan` (resolved against the catalog) → `sql`.

In the order that control flows: `parse` reads query texts into the `ast` that the faces hand over; `plan` resolves it,
with `filters` and its `operands` (of which `scalars` reads one), `orders`, `pages` and their `cursor`s, `shapes` and
`figures`, looking names up in `scopes`; the outcome is a plan of `nodes`, which `janua.sql` lowers. Every user error of
a query is raised here. `operators` is the one table of filter operators, `limits` what one query may ask for.
"""

"""Lower plans and collections to SQL: plan → sqlglot tree → text with parameters. Pure; the only home of sqlglot.

In the order control flows: `select`, `aggregate`, `write`, `bulk`, `staging`, `maintenance` and `ddl` (with `indexes`,
`relations`, `triggers`) make whole statements, out of `filters` and `operators` (conditions), `order` (sorting and page
bounds) and `parts` (answers), which all read documents through `expressions` and make trees with `terms` and `selects`.
`points` gives reads of one record a form for many. `statement` renders, `binds` says which value goes to which
parameter, and `claims` lists which index serves which operator.
"""

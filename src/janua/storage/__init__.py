"""All input and output with PostgreSQL: run statements, own transactions.

In the order control flows: `embedded` (a server for development, kept alive by the script `keeper`), `migrations`
(Janua's own tables), `pool` (connections; errors of PostgreSQL become errors of Janua), `batches` (small statements
that wait become one).
"""

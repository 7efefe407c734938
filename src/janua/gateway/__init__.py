"""The verbs: everything Janua can do, one async function each, for the faces to call.

`gateway` opens and closes it all, `live` holds the current catalog, `answers` what the verbs return, `schemas` the
registry's verbs, `records` the verbs on single records, `queries` pages and aggregates, `transfer` import and export.
`writes` and `bulk` have the steps that write, on a connection lent to them; `idempotency` does a request once.
"""

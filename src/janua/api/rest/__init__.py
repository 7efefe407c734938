"""The REST face: `routes` lists the resources; `registry`, `records` and `transfer` have their methods.

A method reads the request (`parameters`, `conditions`, `bodies`), calls one verb of the gateway, and answers
(`answers`). `openapi` describes it all from the catalog, with `schemas`, `filters`, `operations` and `responses`.
"""

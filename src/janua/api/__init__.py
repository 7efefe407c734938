"""The faces: what Janua does, over HTTP. They know HTTP or GraphQL, call the gateway, and hold no rules.

`problems` turns errors into answers (the one table of statuses), `wire` makes bytes of answers, `boundary` is the
outermost layer of every request, `pages` are for people with a browser, `rest` has the endpoints.
"""

"""The SQL that Janua compiles for the GraphQL cases, so that others can run the same: `captured`."""

import asyncio
import json
from typing import Any

from bench import cases
from janua.api.graphql.exchange import Asked
from janua.api.graphql.execution import Engine
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from janua.storage.pool import connection


async def captured(dsn: str) -> dict[str, dict[str, Any]]:
    """Return, for each case that reads, the `text` of its statement and its `values`; `$name` stands for a variable."""
    found: dict[str, dict[str, Any]] = {}
    # One connection runs all of them, and tells.
    settings = load_settings(overrides={"database.pool_min": 1, "database.pool_max": 1}).with_dsn(dsn)
    async with open_gateway(settings, name="bench", builds=False) as gateway:
        engine = Engine(gateway, dev=False)
        ran: list[Any] = []
        async with connection(gateway.pool) as c:
            c.add_query_logger(ran.append)
        for case in cases.CASES:
            body = json.loads(cases.graphql_body(case, "janua"))
            answered = await engine.execute(Asked(body["query"], None, body["variables"], None, False, None))
            cases.check(case, bytes(answered.body))
            await asyncio.sleep(0.01)  # asyncpg logs a little later
            values = [placeholder(value, body["variables"]) for value in ran[-1].args]
            found[case] = {"text": ran[-1].query, "values": values}
    return found


def placeholder(value: Any, variables: dict[str, Any]) -> Any:  # noqa: ANN401 -- asyncpg's arguments
    """Return a bound value, or the name of the variable that it is."""
    return next((f"${name}" for name, given in variables.items() if str(value) == given), value)


def with_literals(statement: dict[str, Any], variables: dict[str, Any]) -> str:
    """Return a statement for psql and pgbench, with its values written into it."""
    text: str = statement["text"]
    for place, value in reversed(list(enumerate(statement["values"], 1))):
        given = variables[value[1:]] if isinstance(value, str) and value.startswith("$") else value
        text = text.replace(f"${place}", literal(given))
    return text


def literal(value: Any) -> str:  # noqa: ANN401 -- any value that is bound
    """Return an SQL literal."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"

"""Values of clients as graphql-core's messages quote them: in JSON, as they were sent, where it would show Python.

In: the variables of a request, of which some were refused; out: equal ones that are quoted well. `in_json` mends what
is left, for null and booleans cannot be made to quote themselves. Start at `quotable`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from graphql import GraphQLError

from janua.model.json import dumps
from janua.model.types import Json

_PYTHON = re.compile(r"(?<=not to be )None(?=\.$)|(?<=: )(?:True|False)(?=\.?$)")
"""At the ends of messages, where it cannot be a part of what a client sent, as that is in quotes."""
_JSON = {"None": "null", "True": "true", "False": "false"}


class _Text(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return dumps(str(self))


class _Number(Decimal):
    __slots__ = ()

    def __inspect__(self) -> str:
        return str(self)


class _List(list[Json]):
    def __inspect__(self) -> str:
        return dumps(self)


class _Object(dict[str, Json]):
    def __inspect__(self) -> str:
        return dumps(self)


def quotable(variables: Mapping[str, Json]) -> dict[str, Json]:
    """Return equal variables that graphql-core quotes in JSON."""
    return {name: _quotable(each) for name, each in variables.items()}


def in_json(error: GraphQLError) -> GraphQLError:
    """Return the error with null and booleans in its message as JSON has them."""
    message = _PYTHON.sub(lambda found: _JSON[found[0]], error.message)
    if message == error.message:
        return error
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, error.original_error)


def _quotable(value: Json) -> Json:
    match value:
        case str():
            return _Text(value)
        case Decimal():
            return _Number(value)
        case list():
            return _List(_quotable(each) for each in value)
        case dict():
            return _Object({name: _quotable(each) for name, each in value.items()})
        case _:
            return value

"""What schemathesis cannot know of Janua's GraphQL: values of its scalars, and which errors are the client's.

schemathesis takes an error with a path for a failure of the server. Here the code says whose fault it is, as in REST;
an error without a code, or with one of a failure, stays the server's.
"""

import json
import uuid
from datetime import UTC
from typing import Any

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

from janua.api.problems import STATUSES

OURS, THEIRS = "INTERNAL_SERVER_ERROR", "BAD_USER_INPUT"
"""The codes by which schemathesis tells whose fault an error is."""


def _json(value: Any) -> graphql.ValueNode:
    match value:
        case dict():
            names = [graphql.NameNode(value=f"k{number}") for number in range(len(value))]
            members = zip(names, value.values(), strict=True)
            fields = [graphql.ObjectFieldNode(name=name, value=_json(each)) for name, each in members]
            return graphql.ObjectValueNode(fields=tuple(fields))
        case list():
            return graphql.ListValueNode(values=tuple(map(_json, value)))
        case bool():
            return nodes.Boolean(value)
        case None:
            return nodes.Null
        case int():
            return nodes.Int(value)
        case _:
            return nodes.String(value)


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
SCALARS: dict[str, st.SearchStrategy[graphql.ValueNode]] = {
    "BigInt": st.integers().map(nodes.Int) | st.integers().map(str).map(nodes.String),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str).map(nodes.String),
    "DateTime": st.datetimes(timezones=st.just(UTC)).map(lambda each: nodes.String(each.isoformat())),
    "Date": st.dates().map(lambda each: nodes.String(each.isoformat())),
    "Time": st.times().map(lambda each: nodes.String(each.isoformat() + "Z")),
    "UUID": st.uuids().map(str).map(nodes.String),
    "ID": st.uuids().map(str).map(nodes.String),
    "JSON": st.recursive(
        st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    ).map(_json),
}
for _name, _strategy in SCALARS.items():
    scalar(_name, _strategy)


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    if case.meta is None or not case.meta.generation.mode.is_negative:
        case.headers = dict(case.headers or {}) | {"Idempotency-Key": str(uuid.uuid4())}


@schemathesis.hook
def after_call(_context: Any, _case: Any, response: Any) -> None:
    try:
        body = json.loads(response.content)
    except ValueError:
        return
    for error in body.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        theirs = code in STATUSES and STATUSES[code] < 500
        error.setdefault("extensions", {})["classification"] = THEIRS if theirs else OURS
    response.content = json.dumps(body).encode()

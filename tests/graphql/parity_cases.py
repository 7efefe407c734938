"""Random cases for the parity test: schemas, documents full of hard values, and queries.

A case is plain JSON, so that one that failed can be kept (see `parity_past.jsonl`). Fields go by their JSON names; in
filters a list says what it is: `["field", name, filter]`, `["is", operator, operand]`, `["some", filter]`, `["and",
filters]`, `["not", filter]`, `["owner", filter]`, …. Start at `a_case`.
"""

from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

Case = dict[str, Any]

LONG = "same beginning " * 12
TEXTS = [
    "", " ", "a", "A", "ab", "b", "Zoë", "Zoe\u0308", "100%", "a_b", "1", "true", "null", '"q"', "'; --", "\\", "{}",
    "é", "e\u0301", "😀", "😀a", "\U0010ffff", "\n\t", "\u2028", LONG, LONG + "y", LONG + "z" * 700,
]  # fmt: skip
MOMENTS = ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000001Z", "1999-12-31t23:59:60z"]
CODES = ["0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77", "0198C5A4-7C1E-7D6A-B8F0-3F2A9D1C5E77", str(UUID(int=3))]
JSONS: list[Any] = [
    1, Decimal("1.0"), True, False, "1", "", [], {}, [1], [1, [None]], {"a": 1}, {"a": None}, {"a": {"b c": [1, "x"]}},
    2**53 + 1, Decimal("1.10"),
]  # fmt: skip
WORDS = ["sci-fi", "novel", "true", "", "é", "e\u0301", "A b"]
VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "short": [each for each in TEXTS if len(each) <= 20],
    "whole": [0, 1, Decimal("1.0"), Decimal("1E+2"), -1, 2**53 - 1, 2**53, 2**53 + 1, 2**63, -(10**30)],
    "small": [0, 1, Decimal("2.0"), -10, 100],
    "number": [
        0, Decimal("-0.0"), 1, Decimal("1.0"), Decimal("1.10"), Decimal("-2.5"), 2**53 + 1, 10**40,
        Decimal("123456789012345678.901234567890"), Decimal("1E-20"),
    ],
    "flag": [True, False],
    "day": ["2026-01-31", "2026-02-01", "0001-01-01", "9999-12-31"],
    "moment": MOMENTS,
    "hour": ["12:00:00Z", "13:00:00+01:00", "23:30:00-02:00", "00:00:00.5Z"],
    "code": CODES,
    "word": WORDS,
    "json": JSONS,
    "free": [{}, {"a": 1}, {"a": {"b": [1, 2]}, "c d": None}],
}  # fmt: skip
SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": ["string", "null"]},
    "short": {"type": ["string", "null"], "maxLength": 20},
    "whole": {"type": ["integer", "null"]},
    "small": {"type": ["integer", "null"], "minimum": -10, "maximum": 100},
    "number": {"type": ["number", "null"]},
    "flag": {"type": ["boolean", "null"]},
    "day": {"type": ["string", "null"], "format": "date"},
    "moment": {"type": ["string", "null"], "format": "date-time"},
    "hour": {"type": ["string", "null"], "format": "time"},
    "code": {"type": ["string", "null"], "format": "uuid"},
    "word": {"enum": [*WORDS, None]},
    "json": {},
    "free": {"type": ["object", "null"]},
}
ORDERED = ("text", "short", "whole", "small", "number", "flag", "day", "moment", "hour", "code", "word")
OPERATORS: dict[str, str] = {
    "text": "eq ne in notIn gt gte lt lte contains startsWith endsWith icontains ieq like ilike",
    "flag": "eq ne in notIn",
    "json": "eq ne containsJson",
    "free": "containsJson",
    "object": "containsJson",
    "union": "containsJson",
    "list": "has hasAny hasAll containsJson isEmpty",
}
OPERATORS["short"] = OPERATORS["text"]
NAMES = [
    "a", "b", "title", "and", "id", "_meta", "__typename", "_and", "_not", "a-b", "a b", "1x", "ünï", "😀", "eq",
    "isNull", "some", "data", "", "x" * 80, "nodes", "exists", "containsJson", "owner2", "'; --", '"q"', "a.b",
    "{x}", "$1", "%s",
]  # fmt: skip
Kind = list[Any]
"""`[name]` of a scalar; `["list", kind]`, `["object", {property: kind}]`, `["union", {tag: {property: kind}}]`."""


def a_case(random: Random) -> Case:
    """Return a case: two related collections, documents for both, and questions about `things`."""
    fields = _some_fields(random, 0, random.randint(2, 6))
    owner = {"name": ["short"], "age": ["whole"]}
    owners = [_object(random, owner) for _ in range(random.randint(0, 4))]
    things: list[Any] = []
    for _ in range(random.randint(0, 9)):
        thing = _object(random, fields)
        if owners and random.random() < 0.8:
            thing["owner_id"] = random.choice([None, _id(random.randrange(len(owners)))])
        if owners and random.random() < 0.6:
            several = random.sample(range(len(owners)), random.randint(0, len(owners)))
            thing["peer_ids"] = [_id(each) for each in several]
        things.append(thing)
    return {
        "fields": fields,
        "indexes": {name: random.random() < 0.3 for name in fields},
        "owners": owners,
        "things": things,
        "asked": [_question(random, fields, len(things), len(owners)) for _ in range(random.randint(2, 6))],
    }


def schemas_of(case: Case) -> dict[str, Any]:
    """Return the JSON Schemas of a case."""
    things = _schema_of(["object", case["fields"]])
    for name, indexed in case["indexes"].items():
        kind = case["fields"][name][0]
        if indexed and kind in ORDERED:
            things["properties"][name] = things["properties"][name] | {"x-index": True}
    to_owner = {"collection": "owners", "field": "owner", "inverse": "things", "on_delete": "set_null"}
    to_peers = {"collection": "owners", "field": "peers", "inverse": "peered"}
    id: dict[str, Any] = {"type": ["string", "null"], "format": "uuid", "x-relation": to_owner}
    ids = {"type": "array", "items": {"type": "string", "format": "uuid"}, "x-relation": to_peers}
    things["properties"] |= {"owner_id": id, "peer_ids": ids}
    owners = _schema_of(["object", {"name": ["short"], "age": ["whole"]}])
    return {"owners": owners, "things": things | {"type": "object"}}


def _id(number: int) -> str:
    return str(UUID(int=number))


def _some_fields(random: Random, depth: int, count: int) -> dict[str, Kind]:
    return {name: _kind(random, depth) for name in random.sample(NAMES, count)}


def _kind(random: Random, depth: int) -> Kind:
    if random.random() < (0.65 if depth < 2 else 1):
        return [random.choice(list(SCHEMAS))]
    shape = random.choice(["list", "list", "object", "union"])
    if shape == "list":
        return ["list", _kind(random, depth + 1)]
    if shape == "object":
        return ["object", _some_fields(random, depth + 1, random.randint(1, 3))]
    return ["union", {tag: _some_fields(random, depth + 1, random.randint(0, 2)) for tag in ("disc", "a b")}]


def _schema_of(kind: Kind) -> dict[str, Any]:
    match kind:
        case ["list", inner]:
            return {"type": ["array", "null"], "items": _schema_of(inner)}
        case ["object", fields]:
            return {"type": ["object", "null"], "properties": {name: _schema_of(each) for name, each in fields.items()}}
        case ["union", variants]:
            return {"oneOf": [_variant(tag, fields) for tag, fields in variants.items()]}
        case _:
            return SCHEMAS[kind[0]]


def _variant(tag: str, fields: dict[str, Kind]) -> dict[str, Any]:
    properties = {name: _schema_of(each) for name, each in fields.items()} | {"kind of": {"const": tag}}
    return {"type": "object", "properties": properties, "required": ["kind of"]}


def _object(random: Random, fields: dict[str, Kind]) -> dict[str, Any]:
    return {name: _value(random, kind) for name, kind in fields.items() if random.random() < 0.8}


def _value(random: Random, kind: Kind) -> Any:
    if kind[0] != "union" and random.random() < 0.15:
        return None
    match kind:
        case ["list", inner]:
            return [_value(random, inner) for _ in range(random.randint(0, 3))]
        case ["object", fields]:
            return _object(random, fields)
        case ["union", variants]:
            tag = random.choice(list(variants))
            return _object(random, variants[tag]) | {"kind of": tag}
        case _:
            return random.choice(VALUES[kind[0]])


def _question(random: Random, fields: dict[str, Kind], things: int, owners: int) -> dict[str, Any]:
    count = random.randint(0, 6)
    return {
        "where": _filter(random, fields, things, owners, 0),
        "order": [_order(random, fields) for _ in range(random.randint(0, 3))],
        "page": random.choice([{}, {"first": count}, {"last": count}, {"first": 3, "offset": 2}]),
        "given": random.choice(["literal", "whole", "inside"]),
        "group": random.choice([name for name, kind in fields.items() if kind[0] in ORDERED] or [None]),
    }


def _filter(random: Random, fields: dict[str, Kind], things: int, owners: int, depth: int) -> Any:
    draw = random.random()
    if depth < 2 and draw < 0.25:
        parts = [_filter(random, fields, things, owners, depth + 1) for _ in range(random.randint(0, 3))]
        return random.choice([["and", parts], ["or", parts], ["not", ["or", parts]]])
    if depth < 2 and draw < 0.35:
        return ["not", _filter(random, fields, things, owners, depth + 1)]
    if draw < 0.5:
        return _of_record(random, fields, things, owners, depth)
    name = random.choice(list(fields))
    return ["field", name, _on(random, fields[name])]


def _of_record(random: Random, fields: dict[str, Kind], things: int, owners: int, depth: int) -> Any:
    name = random.choice(["short", "whole"])
    of_owner = ["field", {"short": "name", "whole": "age"}[name], _on(random, [name])]
    match random.choice(["id", "_meta", "owner", "no owner", "peers", "back"]):
        case "id":
            return ["id", random.choice(["eq", "ne", "gt", "lte"]), _id(1000 + random.randrange(things + 1))]
        case "_meta":
            return ["_meta", "version", random.choice(["eq", "gt", "lte"]), random.choice([0, 1, 2])]
        case "owner":
            return ["owner", random.choice([["and", []], of_owner, ["not", of_owner]])]
        case "no owner":
            return ["no owner", random.choice([True, False])]
        case "back" if depth < 2:
            inner = _filter(random, fields, things, owners, depth + 2)
            return ["owner", [random.choice(["things", "peered"]), random.choice(["some", "every", "none"]), inner]]
        case _:
            return ["peers", random.choice(["some", "every", "none"]), random.choice([["and", []], of_owner])]


def _on(random: Random, kind: Kind) -> Any:
    """Return a filter on a value of a kind."""
    # In GraphQL a property that is called like an operator of objects stands for itself.
    if kind[0] == "object" and any(name in kind[1] for name in ("isNull", "exists", "containsJson")):
        name = random.choice(list(kind[1]))
        return ["field", name, _on(random, kind[1][name])]
    draw = random.random()
    if draw < 0.15:
        return ["is", random.choice(["isNull", "exists"]), random.choice([True, False])]
    if draw < 0.25:
        return random.choice([["not", _on(random, kind)], ["or", [_on(random, kind), _on(random, kind)]]])
    match kind:
        case ["list", inner] if random.random() < 0.5:
            return [random.choice(["some", "every", "none"]), _on(random, inner)]
        case ["object", fields] if random.random() < 0.8:
            name = random.choice(list(fields))
            return ["field", name, _on(random, fields[name])]
        case _:
            return _condition(random, kind)


def _condition(random: Random, kind: Kind) -> Any:
    operator = random.choice(OPERATORS.get(kind[0], "eq ne in notIn gt gte lt lte").split())
    of = kind[1] if operator in ("has", "hasAny", "hasAll") else kind
    match operator:
        case "isEmpty":
            return ["is", operator, random.choice([True, False])]
        case "in" | "notIn" | "hasAny" | "hasAll":
            return ["is", operator, [_operand(random, of) for _ in range(random.randint(0, 3))]]
        case "like" | "ilike":
            return ["is", operator, random.choice(["%", "_", "a%", "%b", "100\\%", "%o_", "", "A", "\\\\"])]
        case "contains" | "icontains" | "startsWith" | "endsWith":
            text = random.choice(TEXTS)
            return ["is", operator, text[: random.randint(0, len(text))] if operator != "endsWith" else text[-3:]]
        case _:
            return ["is", operator, _operand(random, of)]


def _operand(random: Random, kind: Kind) -> Any:
    if kind[0] not in ("list", "object", "union"):
        return random.choice(VALUES[kind[0]])
    found = _value(random, kind)
    return {} if found is None else found


def _order(random: Random, fields: dict[str, Kind]) -> list[Any]:
    """Return `[place, path, direction, nulls]`: the path is one of `fields`, or of what every record has."""
    paths: list[tuple[str, list[str]]] = [("fields", [name]) for name, kind in fields.items() if kind[0] in ORDERED]
    for name, kind in fields.items():
        if kind[0] == "object":
            paths += [("fields", [name, inner]) for inner, each in kind[1].items() if each[0] in ORDERED]
    system = [("system", path) for path in (["id"], ["owner", "name"], ["owner", "age"], ["_meta", "version"])]
    place, path = random.choice(paths + paths + system)
    return [place, path, random.choice(["asc", "desc"]), random.choice([None, "first", "last"])]

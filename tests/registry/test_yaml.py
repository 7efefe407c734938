"""YAML schemas mean what the same JSON means, and cannot hurt."""

from decimal import Decimal

import pytest

from janua.errors import DocumentTooLarge, JanuaError, MalformedDocument
from janua.registry.document import read_schema
from tests.registry.builders import LIMITS, within


def test_yaml_reads_as_json_would() -> None:
    body = b"""
title: Book   # a comment
minimum: 1.10
maximum: 9007199254740993
default: 2020-01-01
const: yes
enum: [null, true, "1", 'x', 1e2, ~]
"1": !!str 1
"""
    assert read_schema(body, "yaml", LIMITS) == {
        "title": "Book",
        "minimum": Decimal("1.10"),
        "maximum": 9007199254740993,
        "default": "2020-01-01",
        "const": "yes",
        "enum": [None, True, "1", "x", Decimal(100), None],
        "1": "1",
    }


def test_anchors_and_merges_work() -> None:
    body = b"a: &a {x: 1, y: 2}\nb: *a\nc: {<<: *a, y: 3}\n"
    assert read_schema(body, "yaml", LIMITS) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 2}, "c": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    "body",
    [
        b"a: 1\na: 2",
        b"? [a]\n: 1",
        b"a: *nowhere",
        b"a: &a [*a]",
        b"--- {}\n--- {}",
        b"a: !!python/object/apply:os.system [x]",
        b"a: [",
        b"\xff",
        b'a: "\\0"',
        b"<<: 1",
    ],
)
def test_what_json_cannot_say_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedDocument):
        read_schema(body, "yaml", LIMITS)


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + step, 98 + step, b",".join([b"*%c" % (97 + step)] * 10)) for step in range(10)
)


@pytest.mark.parametrize(
    "body",
    [BOMB, b"[" * 5_000, b"{a: " * 5_000, b"- " * 5_000 + b"a", b"".join(b" " * i + b"a:\n" for i in range(1_000))],
    ids=["aliases", "flow lists", "flow maps", "block lists", "block maps"],
)
def test_a_bomb_is_refused_at_once(body: bytes) -> None:
    with within(0.25), pytest.raises(DocumentTooLarge):
        read_schema(body, "yaml", LIMITS)


@pytest.mark.parametrize("body", [b"? " * 50_000, b"{" * 50_000, b"&a " * 10_000, b"!" * 10_000, b"'" * 10_001])
def test_nonsense_is_refused_at_once(body: bytes) -> None:
    with within(0.25), pytest.raises(JanuaError):
        read_schema(body, "yaml", LIMITS)

"""jsoncompat, an independent judge of the same question, comes to the same answers but where the table says why not."""

import json
from typing import Literal

import jsoncompat
import pytest

from tests.registry.schema_pairs import PAIRS, Pair


def answer(pair: Pair, role: Literal["deserializer", "serializer"]) -> bool | None:
    """Return jsoncompat's answer; None when it does not take the schemas."""
    try:
        return jsoncompat.check_compat(json.dumps(pair.old), json.dumps(pair.new), role)
    except ValueError:
        return None


@pytest.mark.parametrize("pair", PAIRS, ids=lambda each: each.title)
def test_jsoncompat_agrees_or_the_table_says_why_it_does_not(pair: Pair) -> None:
    ours = pair.backward == "compatible", pair.forward == "compatible"
    theirs = answer(pair, "deserializer"), answer(pair, "serializer")
    assert (ours == theirs) == (not pair.jsoncompat)

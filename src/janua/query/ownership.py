"""Which parts of an answer a record has in itself: what the statement that writes a record can show of it."""

from typing import assert_never

from janua.query.parts import (
    AggregatePlan,
    Chosen,
    Connection,
    Constant,
    Elements,
    First,
    Listed,
    Members,
    Meta,
    Part,
    Picked,
    RelatedMany,
    RelatedOne,
    Structured,
    Typed,
    Whole,
)


def is_own(part: Part) -> bool:
    """Return whether a part needs nothing but the record itself: no related records, no operands."""
    match part:
        case Constant() | Meta() | Whole() | Picked() | Typed():
            return True
        case Members(members):
            return all(is_own(each) for _, each in members)
        case Structured(members=members):
            return is_own(members)
        case Chosen(branches=branches):
            return all(is_own(members) for _, members in branches)
        case Elements(part=element):
            return is_own(element)
        case RelatedOne() | RelatedMany() | Connection() | First() | Listed() | AggregatePlan():
            return False
        case _:
            assert_never(part)

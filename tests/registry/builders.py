"""Short ways to schemas and collections."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from janua.errors import InvalidSchema, Violation
from janua.model.collection import Collection, Field
from janua.registry.compile import compile_collection
from janua.registry.document import Limits
from janua.registry.validation import Validator, build_validator
from tests.tracing import TRACED

LIMITS = Limits()
UUID = {"type": "string", "format": "uuid"}


def a_collection(schema: Any, name: str = "books", **options: Any) -> Collection:
    return compile_collection(name, schema, version=1, **options)


def an_object(required: Any = None, **properties: Any) -> Any:
    return {"type": "object", "properties": properties, "required": required or []}


def the_field(schema: Any, name: str = "a") -> Field:
    """Return a field of the record that a schema describes."""
    return next(each for each in a_collection(schema).fields if each.name == name)


def a_validator(schema: Any, references: Any = None) -> Validator:
    return build_validator(a_collection(schema, references=references), references or {})


def refusal(schema: Any, **options: Any) -> list[Violation]:
    """Return the violations for which a schema is refused; fail when it is not."""
    try:
        a_collection(schema, **options)
    except InvalidSchema as error:
        return list(error.violations)
    raise AssertionError("the schema was accepted")


def pointers(violations: Sequence[Violation]) -> list[str]:
    return sorted(each.pointer for each in violations)


@contextmanager
def within(seconds: float) -> Generator[None]:
    """Fail when the block takes more CPU than this."""
    start = time.process_time()
    yield
    taken = time.process_time() - start
    bound = seconds * (8 if TRACED else 1)
    assert taken < bound, f"took {taken:.3f} s of CPU, more than {bound} s"

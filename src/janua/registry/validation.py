"""Whether a document satisfies a schema, and if not, why.

In: a schema, then documents. Out: violations, all of them. Start at `build_validator`; `Validator.is_valid` takes
microseconds for a small document. Formats are asserted in every draft, numbers are compared exactly.
"""

from collections.abc import Mapping
from functools import cached_property

from janua.errors import Violation
from janua.model.collection import Collection, Schema
from janua.model.types import Json
from janua.registry.engine import build_engine, linear_engine
from janua.registry.explanation import Explainer
from janua.registry.guarding import KeyLimit
from janua.registry.lookaround import SECONDS, TooMuchWork, effort
from janua.registry.references import with_itself

NOTHING: Mapping[str, Schema] = {}

_TOO_MUCH = Violation(
    "",
    "pattern",
    f"takes more than {SECONDS:g} s to match with the schema's patterns, which look around or back; send less at once, "
    "or simplify the patterns",
)


class Validator:
    """One compiled schema; threads may share it.

    `references` are the schemas of the collections that its `janua:` references name. One that `lingers` has patterns
    with look-around or back-references: it may take a second for a document, and gives way to other threads.
    Raises: `InvalidSchema` when built from a schema that `schema_check` would not have let through.
    """

    def __init__(self, document: Schema, references: Mapping[str, Schema] = NOTHING) -> None:
        self._document = document
        self._references = references
        linear = linear_engine(document, references)
        self._engine = linear or build_engine(document, references)
        self._keys = None if linear else KeyLimit.of(document, references)
        self.lingers = linear is None

    def is_valid(self, value: Json) -> bool:
        """Return whether a document satisfies the schema."""
        try:
            return self._is_valid(value)
        except TooMuchWork:
            return False

    @property
    def explains_at_once(self) -> bool:
        """Return whether `validate` takes less than a millisecond for a document of a few kilobytes.

        Not the first one, nor where alternatives are to be compared, which are compiled when a document comes to them.
        """
        return not self.lingers and "_explainer" in self.__dict__ and not self._explainer.quiet.conditions

    def validate(self, value: Json) -> tuple[Violation, ...]:
        """Return every reason why a document does not satisfy the schema, none when it does.

        At most `explanation.LISTED`; of a document of more than `explanation.SAMPLED` values, those of its beginning.
        The first invalid document takes as long as compiling the schema did.
        """
        try:
            return () if self._is_valid(value) else self.explain(value)
        except TooMuchWork:
            return (_TOO_MUCH,)

    def explain(self, value: Json) -> tuple[Violation, ...]:
        """Return the same for a document of which it is known that it does not satisfy the schema."""
        if not self.lingers:
            return self._explainer.explain(value)
        try:
            if self._keys and not self._keys.is_kept(value):
                return (self._keys.violation,)
            with effort():
                return self._explainer.explain(value)
        except TooMuchWork:
            return (_TOO_MUCH,)

    def _is_valid(self, value: Json) -> bool:
        if not self.lingers:
            return self._engine.is_valid(value)
        with effort():
            return (self._keys is None or self._keys.is_kept(value)) and self._engine.is_valid(value)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._document, self._references)


def build_validator(collection: Collection, references: Mapping[str, Schema] = NOTHING) -> Validator:
    """Return the validator of a collection's documents.

    `references` are the documents that `collection.references` pins; its own is added, as a schema may refer to itself.
    """
    return Validator(collection.document, with_itself(collection.name, collection.document, references))

"""Whether a document satisfies a schema, and if not, why.

In: a schema, then documents. Out: violations, all of them. Start at `build_validator`; `Validator.is_valid` takes
microseconds for a small document. Formats are asserted in every draft, numbers are compared exactly.
"""

from collections.abc import Mapping
from functools import cached_property

from janua.errors import Violation
from janua.model.collection import Collection, Schema
from janua.model.types import Json
from janua.registry.engine import build_engine
from janua.registry.explanation import Explainer
from janua.registry.references import with_itself

NOTHING: Mapping[str, Schema] = {}


class Validator:
    """One compiled schema; threads may share it.

    `references` are the schemas of the collections that its `janua:` references name.
    Raises: `InvalidSchema` when built from a schema that `schema_check` would not have let through.
    """

    def __init__(self, document: Schema, references: Mapping[str, Schema] = NOTHING) -> None:
        self._document = document
        self._references = references
        self._engine = build_engine(document, references)

    def is_valid(self, value: Json) -> bool:
        """Return whether a document satisfies the schema."""
        return self._engine.is_valid(value)

    def validate(self, value: Json) -> tuple[Violation, ...]:
        """Return every reason why a document does not satisfy the schema, none when it does.

        At most `explanation.LISTED`; of a document of more than `explanation.SAMPLED` values, those of its beginning.
        The first invalid document takes as long as compiling the schema did.
        """
        return () if self._engine.is_valid(value) else self._explainer.explain(value)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._document, self._references)


def build_validator(collection: Collection, references: Mapping[str, Schema] = NOTHING) -> Validator:
    """Return the validator of a collection's documents.

    `references` are the documents that `collection.references` pins; its own is added, as a schema may refer to itself.
    """
    return Validator(collection.document, with_itself(collection.name, collection.document, references))

"""PROVISIONAL, to be replaced by the registry engineer."""
from collections.abc import Mapping
import jsonschema_rs
from janua.errors import Violation
from janua.model.collection import Collection, Schema

class Validator:
    def __init__(self, v): self._v = v
    def is_valid(self, value) -> bool: return self._v.is_valid(value)
    def validate(self, value):
        return tuple(Violation("".join(f"/{p}" for p in e.instance_path), e.kind.name, e.message, "".join(f"/{p}" for p in e.schema_path)) for e in self._v.iter_errors(value))

def _no(uri): raise ValueError("no remote")

def build_validator(collection: Collection, references: Mapping[str, Schema]) -> Validator:
    return Validator(jsonschema_rs.validator_for(collection.document, validate_formats=True, retriever=_no))

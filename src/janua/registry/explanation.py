"""Why a document does not satisfy a schema: every violation, and of alternatives the one that was meant.

In: a schema and an invalid document. Out: violations. Start at `Explainer.explain`. Of a failing `oneOf` or `anyOf` the
branch is explained that the document chose by a `const` or `enum` property, or by its type; when that leaves several,
the one with the fewest violations is shown after the general statement.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import cast

import jsonschema_rs as rs

from janua.errors import Violation
from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.types import Json
from janua.registry.engine import build_engine, root_uri
from janua.registry.messages import message_of, one_of
from janua.registry.quiet import Condition, QuietSchema, quieten
from janua.registry.references import BASE, Place, SchemaMap
from janua.registry.sampling import sample
from janua.registry.shapes import Shapes, kind_of

LISTED = 1_000
"""Violations of one document that are listed at most."""
SAMPLED = 20_000
"""Values of a document that are searched for violations; of a larger one the first elements of each array."""
TRIED = 8
"""Branches that are compared for the closest one."""
EFFORT = 200
"""Look-ups of errors for one document."""

_OF_THE_VALUE_ITSELF = frozenset({
    "type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "additionalProperties",
})  # fmt: skip

Path = tuple[str | int, ...]


class Explainer:
    """Explains documents that a schema refuses; built once for a schema, when the first such document comes."""

    def __init__(self, document: Schema, references: Mapping[str, Schema]) -> None:
        schemas = SchemaMap(document, references)
        self._schemas = schemas
        self.shapes = Shapes(schemas)
        self.quiet: QuietSchema = quieten(schemas)
        self._engines: dict[str, rs.Validator] = {}

    def explain(self, value: Json, at: str = "") -> tuple[Violation, ...]:
        """Return the violations of an invalid value against the subschema at a pointer: at least one."""
        shown = sample(value, SAMPLED)
        explanation = _Explanation(self, shown)
        explanation.collect(self.engine(at), shown, ())
        if shown is value:
            return tuple(dict.fromkeys(explanation.found))
        # In a sample something may be missing that is there, but what is there is as it is.
        trusted = [each for each in explanation.found if each.keyword in _OF_THE_VALUE_ITSELF]
        return tuple(dict.fromkeys([*self._first(value, at), *trusted]))

    def _first(self, value: Json, at: str) -> list[Violation]:
        try:
            self.engine(at).validate(value)
        except rs.ValidationError as error:
            where = self.quiet.old_pointer(self.new_pointer_of(error))
            return [Violation(pointer(error.instance_path), _keyword(error), message_of(error), where)]
        return []

    def engine(self, at: str) -> rs.Validator:
        """Return the quiet validator of the subschema at a pointer."""
        if at not in self._engines:
            start: Schema = {"$ref": self.quiet.uri(at)}
            self._engines[at] = build_engine(self.quiet.document, self.quiet.references, start)
        return self._engines[at]

    def branches(self, condition: Condition) -> Sequence[Place]:
        """Return what a condition chooses from."""
        if condition.keyword == "$ref":
            target = self._schemas.target(condition.place)
            return [target] if target else []
        return self._schemas.held(condition.place, condition.keyword)

    def property(self, branch: Place, name: str) -> list[Place]:
        """Return the places that judge one property of what a branch judges."""
        return [
            each
            for part in self.shapes.of([branch]).parts
            for child, each in self._schemas.children(part)
            if child.steps == ("properties", name)
        ]

    def condition_of(self, error: rs.ValidationError) -> Condition | None:
        """Return the condition that an error says has failed, if it is one of ours."""
        where = self.new_pointer_of(error)
        return self.quiet.conditions.get(where.rpartition("/")[0]) if where.endswith(("/else", "/not")) else None

    def new_pointer_of(self, error: rs.ValidationError) -> str:
        """Return where in the quiet schema an error comes from."""
        location = error.absolute_keyword_location
        if location is None:
            return pointer(error.schema_path)
        base = location.rpartition("#")[0]
        ours = base in (BASE, root_uri(self.quiet.document))
        return f"{'' if ours else f'{base}#'}{pointer(error.schema_path)}"


class _Explanation:
    """The violations of one document, as they are found."""

    def __init__(self, explainer: Explainer, root: Json) -> None:
        self.root = root
        self.found: list[Violation] = []
        self._explainer = explainer
        self._known: dict[tuple[int, str, Path], list[Violation]] = {}
        self._effort = EFFORT

    def collect(self, engine: rs.Validator, value: Json, path: Path) -> None:
        self._effort -= 1
        for error in islice(engine.iter_errors(value), LISTED):
            here = (*path, *error.instance_path)
            condition = self._explainer.condition_of(error)
            if condition is None:
                self.found += self._violations(error, here)
            else:
                self._choose(condition, _value_at(value, error.instance_path), here)
            if len(self.found) >= LISTED:
                return

    def _violations(self, error: rs.ValidationError, path: Path) -> list[Violation]:
        where = self._explainer.quiet.old_pointer(self._explainer.new_pointer_of(error))
        keyword = _keyword(error)
        unexpected = _unexpected(error, keyword, _value_at(self.root, path))
        if unexpected is None:
            return [Violation(pointer(path), keyword, message_of(error), where)]
        return [Violation(pointer((*path, each)), keyword, "is not allowed here", where) for each in unexpected]

    def _choose(self, condition: Condition, value: Json, path: Path) -> None:
        where = f"{condition.place.pointer}/{condition.keyword}"
        key = (id(condition.place), condition.keyword, path)
        known = self._known.get(key)
        if known is None:
            before = len(self.found)
            self._decide(condition, value, path, where)
            self._known[key] = self.found[before:]
        else:
            self.found += known

    def _decide(self, condition: Condition, value: Json, path: Path, where: str) -> None:
        branches = self._explainer.branches(condition)
        meant = [each for each in branches if self._is_meant(each, value)]
        if condition.keyword == "$ref" or (len(meant) == 1 and self._effort > 0):
            self._look_into(branches[0] if condition.keyword == "$ref" else meant[0], value, path, where, condition)
        elif not meant:
            self.found.append(self._none_meant(branches, condition, value, path, where))
        else:
            self._closest(meant, condition, value, path, where)

    def _look_into(self, branch: Place, value: Json, path: Path, where: str, condition: Condition) -> None:
        before = len(self.found)
        if self._effort > 0 and not isinstance(branch.schema, bool):
            self.collect(self._explainer.engine(branch.pointer), value, path)
        if len(self.found) == before:
            message = "does not satisfy the schema" if condition.keyword == "$ref" else _GENERAL[condition.keyword]
            self.found.append(Violation(pointer(path), condition.keyword, message, where))

    def _is_meant(self, branch: Place, value: Json) -> bool:
        """Return whether nothing that tells branches apart speaks against this one."""
        kinds = self._explainer.shapes.kinds(branch)
        kind = kind_of(value)
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            return False
        texts = {key: each for key, each in value.items() if isinstance(each, str)} if isinstance(value, dict) else {}
        return all(self._allows(branch, key, each) for key, each in texts.items())

    def _allows(self, branch: Place, key: str, text: str) -> bool:
        places = self._explainer.property(branch, key)
        strings = self._explainer.shapes.strings(self._explainer.shapes.of(places)) if places else None
        return strings is None or text in strings

    def _none_meant(
        self, branches: Sequence[Place], condition: Condition, value: Json, path: Path, where: str
    ) -> Violation:
        possible = [each for each in branches if kind_of(value) in self._explainer.shapes.kinds(each)]
        for name in value if isinstance(value, dict) and possible else ():
            listed = [self._explainer.property(each, name) for each in possible]
            strings = [
                self._explainer.shapes.strings(self._explainer.shapes.of(each)) if each else None for each in listed
            ]
            if all(each is not None for each in strings):
                every = dict.fromkeys(text for each in strings for text in each or ())
                message = f"must be {one_of(list(every))}: it chooses the alternative"
                return Violation(pointer((*path, name)), condition.keyword, message, where)
        kinds = sorted({kind for each in branches for kind in self._explainer.shapes.kinds(each)})
        message = (
            f"must be {one_of(list(kinds))}".replace('"', "")
            if kind_of(value) not in kinds
            else _GENERAL[condition.keyword]
        )
        return Violation(pointer(path), condition.keyword, message, where)

    def _closest(self, meant: list[Place], condition: Condition, value: Json, path: Path, where: str) -> None:
        attempts = [self._attempt(each, value, path) for each in meant[:TRIED]]
        matching = sum(each == [] for each in attempts)
        if condition.keyword == "oneOf" and matching > 1:
            message = f"matches {matching} of the alternatives; it must match exactly one"
            self.found.append(Violation(pointer(path), "oneOf", message, where))
            return
        self.found.append(Violation(pointer(path), condition.keyword, _GENERAL[condition.keyword], where))
        self.found += min((each for each in attempts if each), key=len, default=list[Violation]())

    def _attempt(self, branch: Place, value: Json, path: Path) -> list[Violation] | None:
        """Return what is wrong with a value by one branch; None when no effort is left to find out."""
        if isinstance(branch.schema, bool):
            return []
        if self._effort <= 0:
            return None
        kept, self.found = self.found, []
        self.collect(self._explainer.engine(branch.pointer), value, path)
        found, self.found = self.found, kept
        return found


_GENERAL = {
    "anyOf": "matches none of the alternatives",
    "oneOf": "matches none of the alternatives; it must match exactly one",
}


def _keyword(error: rs.ValidationError) -> str:
    # `false` under a keyword such as additionalProperties is that keyword's violation.
    named = [each for each in error.schema_path if isinstance(each, str)]
    if error.kind.name != "falseSchema":
        return error.kind.name
    return next((each for each in reversed(named) if each in _FALSE_UNDER), "false")


_FALSE_UNDER = frozenset({
    "properties", "patternProperties", "additionalProperties", "items", "additionalItems", "prefixItems", "contains",
    "then", "else", "dependentSchemas", "propertyNames", "not", "allOf",
})  # fmt: skip


def _unexpected(error: rs.ValidationError, keyword: str, value: Json) -> list[str] | None:
    """Return the properties that an error says must not be there, if that is what it says."""
    listed = getattr(error.kind, "unexpected", None)
    if keyword in ("additionalProperties", "unevaluatedProperties") and isinstance(listed, list):
        return cast(list[str], listed)
    if keyword == "additionalProperties" and error.kind.name == "falseSchema" and isinstance(value, dict):
        return list(value)
    return None


def _value_at(value: Json, path: Sequence[str | int]) -> Json:
    for step in path:
        if isinstance(value, dict):
            value = value[cast(str, step)]
        elif isinstance(value, list):
            value = value[cast(int, step)]
    return value

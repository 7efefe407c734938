"""Why a document does not satisfy a schema: every violation, and of alternatives the one that was meant.

In: a schema and an invalid document. Out: violations. Start at `Explainer.explain`. Of a failing `oneOf` or `anyOf` the
branch is explained that the document chose by a `const` or `enum` property, or by its type; when that leaves several,
the one with the fewest violations is shown after the general statement.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast
from urllib.parse import unquote

import jsonschema_rs as rs

from janua.errors import Violation
from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.patch import parse_pointer
from janua.model.types import Json
from janua.registry.choices import GENERAL, Choices
from janua.registry.engine import build_engine, root_uri
from janua.registry.guarding import original_pointer
from janua.registry.instances import Path, sample, steps_to, value_at
from janua.registry.messages import guarded_pattern, message_of, too_long_of
from janua.registry.quiet import Condition, QuietSchema, quieten
from janua.registry.references import BASE, Place, SchemaMap
from janua.registry.shapes import Shapes

LISTED = 1_000
"""Violations of one document that are listed at most."""
SAMPLED = 20_000
"""Values of a document that are searched for violations; of a larger one the first elements of each array."""
TRIED = 8
"""Branches that are compared for the closest one."""
EFFORT = 200
"""Look-ups of errors for one document."""
DEEPEST = 4
"""Comparisons of branches within each other."""

_OF_THE_VALUE_ITSELF = frozenset({
    "type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "additionalProperties",
})  # fmt: skip

_FALSE_UNDER = frozenset({
    "properties", "patternProperties", "additionalProperties", "items", "additionalItems", "prefixItems", "contains",
    "then", "else", "dependentSchemas", "propertyNames", "not", "allOf",
})  # fmt: skip


class Explainer:
    """Explains documents that a schema refuses; built once for a schema, when the first such document comes."""

    def __init__(self, document: Schema, references: Mapping[str, Schema]) -> None:
        schemas = SchemaMap(document, references)
        self._document = document
        self._schemas = schemas
        self.choices = Choices(Shapes(schemas))
        self._ours = {BASE, root_uri(document)}
        self.quiet: QuietSchema = quieten(schemas)
        self._engines: dict[str, rs.Validator] = {}
        self._sources: dict[str, _Source] = {}

    def explain(self, value: Json, at: str = "") -> tuple[Violation, ...]:
        """Return the violations of an invalid value against the subschema at a pointer: at least one."""
        shown = sample(value, SAMPLED)
        if self.quiet.conditions:
            found = _Explanation(self, shown).violations(_Task(at, shown, ()))
        else:
            found = self._plainly(shown, at)
        if shown is value:
            return tuple(dict.fromkeys(found))
        # In a sample something may be missing that is there, but what is there is as it is.
        trusted = [each for each in found if each.keyword in _OF_THE_VALUE_ITSELF]
        return tuple(dict.fromkeys([*self._first(value, at), *trusted]))

    def _plainly(self, value: Json, at: str) -> list[Violation]:
        """Return the violations of a value, where no error leads to further ones."""
        found: list[Violation] = []
        for error in islice(self.engine(at).iter_errors(value), LISTED):
            path = steps_to(value, error)
            found += self.violations_of(error, self.source_of(error), path, value_at(value, path))
        return found

    def _first(self, value: Json, at: str) -> list[Violation]:
        try:
            self.engine(at).validate(value)
        except rs.ValidationError as error:
            path = steps_to(value, error)
            return self.violations_of(error, self.source_of(error), path, value_at(value, path))
        return []

    def violations_of(
        self, error: rs.ValidationError, source: "_Source", path: Path, value: Json = None
    ) -> list[Violation]:
        """Return what an error of a value at a path says."""
        where = source.where
        pattern = guarded_pattern(error)
        if pattern is not None:
            message = too_long_of(pattern, value) or message_of(error)
            return [Violation(pointer(path), "pattern", message, original_pointer(where))]
        keyword = _keyword(error)
        unexpected = _unexpected(error, keyword, value)
        if unexpected is None:
            return [Violation(pointer(path), keyword, message_of(error, optional=source.is_optional), where)]
        return [Violation(pointer((*path, each)), keyword, "is not allowed here", where) for each in unexpected]

    def source_of(self, error: rs.ValidationError) -> "_Source":
        """Return where in the schema an error comes from; each place is looked up once."""
        location = error.absolute_keyword_location
        key = pointer(error.schema_path) if location is None else location
        found = self._sources.get(key)
        if found is None:
            new = key if location is None else self._new_pointer_of(location)
            where = self.quiet.old_pointer(new)
            condition = self.quiet.conditions.get(new.rpartition("/")[0]) if new.endswith(("/else", "/not")) else None
            found = self._sources[key] = _Source(where, self._is_optional(where), condition)
        return found

    def _is_optional(self, where: str) -> bool:
        """Return whether the keyword at a pointer is of a property that its schema does not require."""
        steps = parse_pointer(where) if where.startswith("/") else ()
        if len(steps) < 3 or steps[-3] != "properties":
            return False
        holder = cast(Json, self._document)
        for step in steps[:-3]:
            holder = holder[int(step)] if isinstance(holder, list) else cast("dict[str, Json]", holder)[step]
        required = holder.get("required") if isinstance(holder, dict) else None
        return not (isinstance(required, list) and steps[-2] in required)

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

    def _new_pointer_of(self, location: str) -> str:
        """Return the pointer into the quiet schema of the absolute location of a keyword."""
        base, _, fragment = location.rpartition("#")
        return f"{'' if base in self._ours else f'{base}#'}{unquote(fragment)}"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where an error comes from: the pointer into the schema, and the condition that has failed, if it is one of ours.

    `is_optional`: the keyword is of a property that its schema does not require.
    """

    where: str
    is_optional: bool
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class _Task:
    """To find what is wrong with a value by the subschema at a pointer; `otherwise` is said when nothing is found."""

    at: str
    value: Json
    path: Path
    otherwise: Violation | None = None


class _Explanation:
    """Works on one document; the conditions that fail make further tasks, so that only comparisons are recursive."""

    def __init__(self, explainer: Explainer, root: Json) -> None:
        self._explainer = explainer
        self._root = root
        self._effort = EFFORT

    def violations(self, start: _Task, depth: int = 0) -> list[Violation]:
        """Return all violations of a task and of those that it leads to."""
        found: list[Violation] = []
        seen: set[tuple[str, Path]] = set()
        tasks = deque([start])
        while tasks and len(found) < LISTED:
            task = tasks.popleft()
            if self._effort <= 0:
                found += [task.otherwise] if task.otherwise else []
                continue
            before = len(found), len(tasks)
            for error in self._errors(task):
                path = steps_to(task.value, error)
                source = self._explainer.source_of(error)
                condition = source.condition
                value = value_at(task.value, path)
                path = (*task.path, *path)
                if condition is None:
                    found += self._explainer.violations_of(error, source, path, value)
                elif (key := (f"{condition.place.pointer}/{condition.keyword}", path)) not in seen:
                    seen.add(key)
                    said = self._decide(condition, value, path, depth)
                    found += [each for each in said if isinstance(each, Violation)]
                    tasks.extend(each for each in said if isinstance(each, _Task))
            if (len(found), len(tasks)) == before and task.otherwise:
                found.append(task.otherwise)
        return found

    def _errors(self, task: _Task) -> Iterator[rs.ValidationError]:
        self._effort -= 1
        return islice(self._explainer.engine(task.at).iter_errors(task.value), LISTED)

    def _decide(self, condition: Condition, value: Json, path: Path, depth: int) -> Sequence[Violation | _Task]:
        keyword, where = condition.keyword, f"{condition.place.pointer}/{condition.keyword}"
        general = Violation(pointer(path), keyword, GENERAL[keyword], where)
        branches = self._explainer.branches(condition)
        meant = branches if keyword == "$ref" else self._explainer.choices.meant(branches, value)
        if not meant:
            steps, message = self._explainer.choices.complaint(keyword, branches, value)
            return [Violation(pointer((*path, *steps)), keyword, message, where)]
        if len(meant) == 1 and not isinstance(meant[0].schema, bool):
            return [_Task(meant[0].pointer, value, path, general)]
        return self._closest(meant, general, value, path, depth)

    def _closest(
        self, meant: Sequence[Place], general: Violation, value: Json, path: Path, depth: int
    ) -> Sequence[Violation]:
        """Return the general statement, with the violations of the branch that has the fewest."""
        tried = [self._attempt(each, value, path, depth) for each in meant[:TRIED]]
        matching = sum(each == [] for each in tried)
        if general.keyword == "oneOf" and matching > 1:
            return [replace(general, message=f"matches {matching} of the alternatives; it must match exactly one")]
        return [general, *min((each for each in tried if each), key=len, default=list[Violation]())]

    def _attempt(self, branch: Place, value: Json, path: Path, depth: int) -> list[Violation] | None:
        """Return what is wrong with a value by one branch; None when no effort is left to find out."""
        if isinstance(branch.schema, bool):
            return []
        if self._effort <= 0 or depth >= DEEPEST:
            return None
        return self.violations(_Task(branch.pointer, value, path), depth + 1)


def _keyword(error: rs.ValidationError) -> str:
    # `false` under a keyword such as additionalProperties is that keyword's violation.
    if error.kind.name != "falseSchema":
        return error.kind.name
    named = [each for each in error.schema_path if isinstance(each, str)]
    return next((each for each in reversed(named) if each in _FALSE_UNDER), "false")


def _unexpected(error: rs.ValidationError, keyword: str, value: Json) -> list[str] | None:
    """Return the properties that an error says must not be there, if that is what it says."""
    listed = getattr(error.kind, "unexpected", None)
    if keyword in ("additionalProperties", "unevaluatedProperties") and isinstance(listed, list):
        return cast(list[str], listed)
    if keyword == "additionalProperties" and error.kind.name == "falseSchema" and isinstance(value, dict):
        return list(value)
    return None

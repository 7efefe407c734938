"""What each keyword demands of a value: one table over all drafts.

In: a `Demand` and the kind of value that is looked for. Out: a `Formula` that the value meets exactly when it meets the
demand; `Whatever` stands for what is not understood (dynamic references over several documents). Start at
`Rules.expand`. A keyword says what it demands when it holds; the opposite follows from that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from janua.model.types import Json
from janua.registry.inclusion.demands import (
    EVERY_NAME,
    FALSE,
    TRUE,
    All,
    Among,
    Any,
    Blame,
    Bound,
    Count,
    Demand,
    EachElement,
    EachProperty,
    Formatted,
    Formula,
    Has,
    Kind,
    Matches,
    Multiple,
    Names,
    Size,
    Unique,
    Whatever,
    negated,
)
from janua.registry.inclusion.samples import BASE64, FORMATS, JSON, JSON_IN_BASE64
from janua.registry.inclusion.versions import Versions
from janua.registry.keywords import Draft, overrides_siblings
from janua.registry.references import Place
from janua.registry.shapes import is_number

NUMBERS: frozenset[Kind] = frozenset({"integer", "decimal", "fraction"})
_TYPES: Mapping[str, frozenset[Kind]] = {
    "integer": frozenset({"integer", "decimal"}),
    "number": NUMBERS,
    **{each: frozenset({each}) for each in cast(tuple[Kind, ...], ("null", "boolean", "string", "array", "object"))},
}
_HIDING = frozenset({"anyOf", "oneOf", "not", "contains"})
"""Keywords of which a part alone refuses nothing: the whole is to blame."""

_DETAILED = frozenset({"required", "properties", "patternProperties", "dependentRequired", "dependentSchemas"})
"""Keywords whose members are told apart by name."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One keyword at one place, for one kind of value."""

    rules: "Rules"
    demand: Demand
    keyword: str
    value: Json
    kind: Kind

    @property
    def place(self) -> Place:
        return self.demand.place

    def demands(self) -> list[tuple[str, Demand]]:
        """Return what the keyword demands by each of its subschemas, with their names or places."""
        return [(step, self.of(each)) for step, each in self.rules.versions.parts(self.place, self.keyword)]

    def of(self, place: Place) -> Demand:
        blame = self.demand.blame
        if blame is None and self.demand.reader and self.keyword in _HIDING:
            blame = Blame(self.place, self.keyword)
        return Demand(place, True, self.demand.reader, blame, self.demand.condition)

    def one(self) -> Demand | None:
        return next((each for _, each in self.demands()), None)


_Rule = Callable[[_Case], Formula]


class Rules:
    """Expands demands on the values of two schema versions."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        self._formulas: dict[tuple[object, bool, bool, Kind], Formula] = {}

    def expand(self, demand: Demand, kind: Kind) -> Formula:
        """Return the formula of a demand for a kind of value."""
        if isinstance(demand.schema, bool):
            return TRUE if demand.schema == demand.holds else FALSE
        key = (demand.goal, demand.reader, demand.condition, kind)
        if key not in self._formulas:
            self._formulas[key] = self._expand(demand, kind)
        return self._formulas[key]

    def _expand(self, demand: Demand, kind: Kind) -> Formula:
        if demand.holds and self._is_of_another_type(demand, kind):
            return FALSE
        parts: list[Formula] = []
        for keyword, value in self._keywords(demand.place):
            rule = _RULES.get(keyword)
            if rule is not None and kind in rule.kinds and rule.since <= demand.place.draft <= rule.until:
                formula = rule.demands(_Case(self, demand, keyword, value, kind))
                parts += self._signed(demand, keyword, formula)
        return All(tuple(parts)) if demand.holds else Any(tuple(parts))

    def _is_of_another_type(self, demand: Demand, kind: Kind) -> bool:
        named = demand.place.get("type")
        return named is not None and _type(_Case(self, demand, "type", named, kind)) == FALSE

    @staticmethod
    def _keywords(place: Place) -> list[tuple[str, Json]]:
        schema = cast(Mapping[str, Json], place.schema)
        if overrides_siblings(schema, place.draft):
            return [("$ref", schema["$ref"])]
        return list(schema.items())

    @staticmethod
    def _signed(demand: Demand, keyword: str, formula: Formula) -> list[Formula]:
        if demand.holds:
            return [formula]
        blamed = demand.reader or demand.blame is not None
        several = isinstance(formula, All) and keyword not in {"if", "oneOf"}
        return [
            All((negated(each),), demand.blame or Blame(demand.place, keyword, _detail(keyword, each)))
            if blamed
            else negated(each)
            for each in (formula.parts if several and isinstance(formula, All) else (formula,))
        ]


def _detail(keyword: str, formula: Formula) -> str:
    if keyword not in _DETAILED:
        return ""
    match formula:
        case Has(name):
            return name
        case EachProperty(names):
            return names.only or names.matching or ""
        case Any((Has(name), *_)):
            return name
        case _:
            return ""


# --- any value ---------------------------------------------------------------------------------------------------


def _type(case: _Case) -> Formula:
    names = cast(list[str], case.value if isinstance(case.value, list) else [case.value])
    kinds = frozenset[Kind]().union(*(_TYPES.get(each, frozenset()) for each in names))
    if case.place.draft == Draft.D4 and "number" not in names:
        kinds -= {"decimal"}
    return TRUE if case.kind in kinds else FALSE


def _enum(case: _Case) -> Formula:
    return Among(case.value) if isinstance(case.value, list) else TRUE


def _reference(case: _Case) -> Formula:
    target = case.rules.versions.target(case.place, case.keyword)
    return case.of(target) if target is not None else Whatever()


def _all_of(case: _Case) -> Formula:
    return All(tuple(each for _, each in case.demands()))


def _any_of(case: _Case) -> Formula:
    return Any(tuple(each for _, each in case.demands()))


def _one_of(case: _Case) -> Formula:
    branches = [each for _, each in case.demands()]
    if case.demand.holds:
        return Any(tuple(_only(each, branches) for each in branches))
    # Said so that its opposite lists what can be wrong: no branch holds, or two do.
    pairs = [(left, right) for at, left in enumerate(branches) for right in branches[at + 1 :]]
    neither = [Any((left.negated(), right.negated())) for left, right in pairs]
    return All((Any(tuple(branches)), *neither))


def _only(one: Demand, branches: list[Demand]) -> Formula:
    return All((one, *(each.negated() for each in branches if each is not one)))


def _not(case: _Case) -> Formula:
    each = case.one()
    return each.negated() if each else TRUE


def _if(case: _Case) -> Formula:
    found = case.one()
    then = next((each for _, each in case.rules.versions.parts(case.place, "then")), None)
    other = next((each for _, each in case.rules.versions.parts(case.place, "else")), None)
    if found is None:
        return TRUE
    condition = replace(found, reader=False, blame=None, condition=True)
    yes: Formula = case.of(then) if then else TRUE
    no: Formula = case.of(other) if other else TRUE
    if case.demand.holds:
        return Any((All((condition, yes)), All((condition.negated(), no))))
    return All((Any((condition.negated(), yes)), Any((condition, no))))


# --- numbers and sizes -------------------------------------------------------------------------------------------


def _bound(case: _Case) -> Formula:
    if not is_number(case.value):
        return TRUE
    lower = case.keyword in {"minimum", "exclusiveMinimum"}
    exclusive = case.keyword.startswith("exclusive")
    if case.place.draft == Draft.D4:
        exclusive = case.place.get("exclusiveMinimum" if lower else "exclusiveMaximum") is True
    return Bound(lower, case.value, exclusive)


def _multiple(case: _Case) -> Formula:
    return Multiple(case.value) if is_number(case.value) else TRUE


def _size(case: _Case) -> Formula:
    return Size(case.keyword.startswith("min"), int(case.value)) if is_number(case.value) else TRUE


# --- strings -----------------------------------------------------------------------------------------------------


def _pattern(case: _Case) -> Formula:
    return Matches(case.value) if isinstance(case.value, str) else TRUE


def _format(case: _Case) -> Formula:
    return Formatted(case.value) if isinstance(case.value, str) and case.value in FORMATS else TRUE


def _encoding(case: _Case) -> Formula:
    return Formatted(BASE64) if case.value == BASE64 else TRUE


def _media_type(case: _Case) -> Formula:
    is_encoded = case.place.get("contentEncoding") == BASE64
    return Formatted(JSON_IN_BASE64 if is_encoded else JSON) if case.value == JSON else TRUE


# --- objects -----------------------------------------------------------------------------------------------------


def _required(case: _Case) -> Formula:
    return All(tuple(Has(each) for each in cast(list[str], case.value))) if isinstance(case.value, list) else TRUE


def _properties(case: _Case) -> Formula:
    return All(tuple(EachProperty(Names(only=name), each) for name, each in case.demands()))


def _pattern_properties(case: _Case) -> Formula:
    return All(tuple(EachProperty(Names(matching=name), each) for name, each in case.demands()))


def _additional_properties(case: _Case) -> Formula:
    each = case.one()
    properties, patterns = case.place.get("properties"), case.place.get("patternProperties")
    names = Names(
        without=frozenset(properties) if isinstance(properties, dict) else frozenset(),
        unlike=tuple(patterns) if isinstance(patterns, dict) else (),
    )
    return EachProperty(names, each) if each else TRUE


def _property_names(case: _Case) -> Formula:
    each = case.one()
    return EachProperty(EVERY_NAME, name=each) if each else TRUE


def _dependent_required(case: _Case) -> Formula:
    needs = case.value if isinstance(case.value, dict) else {}
    lists = {name: each for name, each in needs.items() if isinstance(each, list)}
    return All(tuple(_dependent(name, tuple(Has(str(one)) for one in each)) for name, each in lists.items()))


def _dependent_schemas(case: _Case) -> Formula:
    return All(tuple(_dependent(name, (each,)) for name, each in case.demands()))


def _dependent(name: str, needed: tuple[Formula, ...]) -> Formula:
    return Any((Has(name, holds=False), All(needed)))


def _unevaluated_properties(case: _Case) -> Formula:
    each = case.one()
    seen = case.rules.versions.properties_seen(case.place, surely=not case.demand.holds)
    return EachProperty(Names(without=seen.names, unlike=seen.patterns), each) if each and not seen.everything else TRUE


# --- arrays ------------------------------------------------------------------------------------------------------


def _prefix_items(case: _Case) -> Formula:
    return All(tuple(EachElement(at, each, alone=True) for at, (_, each) in enumerate(case.demands())))


def _items(case: _Case) -> Formula:
    if isinstance(case.value, list):
        return _prefix_items(case)
    prefix = case.place.get("prefixItems") if case.place.draft >= Draft.D2020 else None
    each = case.one()
    return EachElement(len(prefix) if isinstance(prefix, list) else 0, each) if each else TRUE


def _additional_items(case: _Case) -> Formula:
    before, each = case.place.get("items"), case.one()
    return EachElement(len(before), each) if isinstance(before, list) and each else TRUE


def _contains(case: _Case) -> Formula:
    each = case.one()
    counted = case.place.draft >= Draft.D2019
    least = case.place.get("minContains") if counted else None
    most = case.place.get("maxContains") if counted else None
    if each is None:
        return TRUE
    bounds: list[Formula] = [Count(True, int(least) if is_number(least) else 1, each)]
    bounds += [Count(False, int(most), each)] if is_number(most) else []
    return All(tuple(bounds))


def _unevaluated_items(case: _Case) -> Formula:
    each = case.one()
    seen = case.rules.versions.items_seen(case.place, surely=not case.demand.holds)
    return EachElement(seen, each) if each and seen is not None else TRUE


@dataclass(frozen=True, slots=True)
class _Entry:
    demands: _Rule
    kinds: frozenset[Kind]
    since: Draft = Draft.D4
    until: Draft = Draft.D2020


_EVERY = NUMBERS | frozenset[Kind](("null", "boolean", "string", "array", "object"))
_STRING: frozenset[Kind] = frozenset({"string"})
_ARRAY: frozenset[Kind] = frozenset({"array"})
_OBJECT: frozenset[Kind] = frozenset({"object"})
_RULES: Mapping[str, _Entry] = {
    "type": _Entry(_type, _EVERY),
    "enum": _Entry(_enum, _EVERY),
    "const": _Entry(lambda case: Among([case.value]), _EVERY, since=Draft.D6),
    "$ref": _Entry(_reference, _EVERY),
    "$recursiveRef": _Entry(_reference, _EVERY, since=Draft.D2019, until=Draft.D2019),
    "$dynamicRef": _Entry(_reference, _EVERY, since=Draft.D2020),
    "allOf": _Entry(_all_of, _EVERY),
    "anyOf": _Entry(_any_of, _EVERY),
    "oneOf": _Entry(_one_of, _EVERY),
    "not": _Entry(_not, _EVERY),
    "if": _Entry(_if, _EVERY, since=Draft.D7),
    "minimum": _Entry(_bound, NUMBERS),
    "maximum": _Entry(_bound, NUMBERS),
    "exclusiveMinimum": _Entry(_bound, NUMBERS, since=Draft.D6),
    "exclusiveMaximum": _Entry(_bound, NUMBERS, since=Draft.D6),
    "multipleOf": _Entry(_multiple, NUMBERS),
    "minLength": _Entry(_size, _STRING),
    "maxLength": _Entry(_size, _STRING),
    "pattern": _Entry(_pattern, _STRING),
    "format": _Entry(_format, _STRING),
    "contentEncoding": _Entry(_encoding, _STRING, since=Draft.D6, until=Draft.D7),
    "contentMediaType": _Entry(_media_type, _STRING, since=Draft.D6, until=Draft.D7),
    "required": _Entry(_required, _OBJECT),
    "properties": _Entry(_properties, _OBJECT),
    "patternProperties": _Entry(_pattern_properties, _OBJECT),
    "additionalProperties": _Entry(_additional_properties, _OBJECT),
    "propertyNames": _Entry(_property_names, _OBJECT, since=Draft.D6),
    "unevaluatedProperties": _Entry(_unevaluated_properties, _OBJECT, since=Draft.D2019),
    "dependentRequired": _Entry(_dependent_required, _OBJECT, since=Draft.D2019),
    "dependentSchemas": _Entry(_dependent_schemas, _OBJECT, since=Draft.D2019),
    "dependencies": _Entry(lambda case: All((_dependent_required(case), _dependent_schemas(case))), _OBJECT),
    "minProperties": _Entry(_size, _OBJECT),
    "maxProperties": _Entry(_size, _OBJECT),
    "prefixItems": _Entry(_prefix_items, _ARRAY, since=Draft.D2020),
    "items": _Entry(_items, _ARRAY),
    "additionalItems": _Entry(_additional_items, _ARRAY, until=Draft.D2019),
    "unevaluatedItems": _Entry(_unevaluated_items, _ARRAY, since=Draft.D2019),
    "contains": _Entry(_contains, _ARRAY, since=Draft.D6),
    "minItems": _Entry(_size, _ARRAY),
    "maxItems": _Entry(_size, _ARRAY),
    "uniqueItems": _Entry(lambda case: Unique() if case.value is True else TRUE, _ARRAY),
}

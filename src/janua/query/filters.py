"""The filter language: JSON as asked → a filter of `nodes`, with its operands.

`{field: {operator: operand}}` in nested objects (`{"publisher": {"city": …}}`, or `"publisher.city"` for short),
through relations, and joined by `_and`, `_or`, `_not`, which stand everywhere; all members of an object must hold.
Start at `resolve_filter`.
"""

from collections.abc import Mapping
from uuid import UUID

from janua.errors import InvalidOperand, InvalidQuery, QueryTooLarge, UnknownOperator
from janua.model.json import dumps
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Type,
    Union,
    Uuid,
)
from janua.query.ast import Raw, RawFilter
from janua.query.folding import conjunction, disjunction, negation
from janua.query.limits import check_filter
from janua.query.nodes import (
    Always,
    Column,
    Compare,
    Filter,
    OnElements,
    OnRelated,
    Place,
    Position,
    Presence,
    Quantifier,
    Target,
)
from janua.query.operands import Operand, OperandReader, Value
from janua.query.operators import MEANINGS, Operator, operators_of
from janua.query.parse import LIST_OPERATORS, parse_items
from janua.query.scalars import ScalarValue, kind
from janua.query.scopes import COLUMN_TYPES, META, Related, Scope, legible
from janua.query.variables import Deferred, Structural, known

OPERATORS: dict[str, Operator] = {each: each for each in MEANINGS}
QUANTIFIERS: dict[str, Quantifier] = {"some": "some", "every": "every", "none": "none"}
CONTAINED = (Text, Enum, Integer, Number, Boolean, Date)
"""Elements that are equal exactly when their JSON is."""


def resolve_filter(raw: RawFilter | None, scope: Scope, reader: OperandReader, values: list[Value]) -> Filter:
    """Return the filter, and add its operands to `values`. No filter and an empty one hold for all records.

    Raises: `UnknownField`, `UnknownOperator`, `InvalidOperand`, `InvalidQuery`, `QueryTooLarge`.
    """
    if raw is None:
        return Always(holds=True)
    check_filter(raw, reader.limits)
    return _Resolution(reader, values).all_of(raw, scope)


class _Resolution:
    """Resolves one filter, counting its conditions."""

    def __init__(self, reader: OperandReader, values: list[Value]) -> None:
        self._reader = reader
        self._values = values
        self._limit = reader.limits.filter_nodes
        self._found = 0

    def all_of(self, raw: Raw, scope: Scope) -> Filter:
        if not isinstance(raw, Mapping):
            raise _not_a_filter(scope.show(), raw)
        return conjunction([self._member(name, each, scope) for name, each in raw.items()])

    def _member(self, name: str, raw: Raw, scope: Scope) -> Filter:
        self._count()
        name, raw = _undotted(name, raw)
        match name:
            case "_and" | "_or":
                return self._joined(name, raw, scope)
            case "_not":
                return negation(self.all_of(raw, scope))
            case "id" if scope.record:
                return self._on_column(Column("id"), raw, scope.show(name))
            case "_meta" if scope.record:
                return self._on_meta(raw, scope)
            case _:
                return self._named(name, raw, scope)

    def _joined(self, name: str, raw: Raw, scope: Scope) -> Filter:
        if not isinstance(raw, list):
            raise InvalidQuery("where", f"{name} expects a list of filters")
        self._count(len(raw))
        parts = [self.all_of(each, scope) for each in raw]
        return conjunction(parts) if name == "_and" else disjunction(parts)

    def _named(self, name: str, raw: Raw, scope: Scope) -> Filter:
        related = scope.related(name)
        if related is not None:
            return self._on_related(related, name, raw, scope)
        field = scope.field(name)
        operator = _operator(name, _operators_at(scope))
        if field is not None and (operator is None or isinstance(raw, Mapping)):
            return self.all_of(raw, scope.inside(field, name))
        if operator is not None:
            return self._compared(operator, self._undressed(operator, raw, scope), scope)
        if isinstance(scope.type, Array) and name in QUANTIFIERS:
            part = self.all_of(raw, scope.at_elements(scope.type.items, name))
            return OnElements(scope.place(), QUANTIFIERS[name], part)
        raise self._unknown(name, scope)

    def _on_related(self, related: Related, name: str, raw: Raw, scope: Scope) -> Filter:
        if not isinstance(raw, Mapping):
            raise _not_a_filter(scope.show(name), raw)
        target = scope.at_target(related, name, self._reader.limits)
        return self._on_many(related, raw, target) if related.many else self._on_one(related, raw, target)

    def _on_one(self, related: Related, raw: Mapping[str, Raw], target: Scope) -> Filter:
        rest = {name: each for name, each in raw.items() if name != "isNull"}
        parts: list[Filter] = []
        if rest or not raw:
            parts.append(OnRelated(related.link, "some", self.all_of(rest, target)))
        if "isNull" in raw:
            self._count()
            there: Filter = OnRelated(related.link, "some", Always(holds=True))
            absent = self._reader.read_boolean("isNull", raw["isNull"], target.show())
            parts.append(negation(there) if absent else there)
        return conjunction(parts)

    def _on_many(self, related: Related, raw: Mapping[str, Raw], target: Scope) -> Filter:
        parts: list[Filter] = []
        for dotted, operand in raw.items():
            self._count()
            name, inner = _undotted(dotted, operand)
            if name not in QUANTIFIERS:
                raise UnknownOperator(target.show(), legible(name), tuple(QUANTIFIERS))
            parts.append(OnRelated(related.link, QUANTIFIERS[name], self.all_of(inner, target)))
        return conjunction(parts)

    def _on_meta(self, raw: Raw, scope: Scope) -> Filter:
        if not isinstance(raw, Mapping):
            raise _not_a_filter(scope.show("_meta"), raw)
        parts: list[Filter] = []
        for dotted, operand in raw.items():
            self._count()
            name, inner = _undotted(dotted, operand)
            if name not in META:
                raise scope.unknown(f"_meta.{name}")
            parts.append(self._on_column(META[name], inner, scope.show("_meta", name)))
        return conjunction(parts)

    def _on_column(self, column: Column, raw: Raw, shown: str) -> Filter:
        if not isinstance(raw, Mapping):
            raise _not_a_filter(shown, raw)
        held = COLUMN_TYPES[column.name]
        parts: list[Filter] = []
        for name, operand in raw.items():
            self._count()
            operator = _operator(name, operators_of(held))
            if operator is None:
                raise UnknownOperator(shown, legible(name), operators_of(held))
            parts.append(self._on_target(column, held, operator, operand, shown))
        return conjunction(parts)

    def _undressed(self, operator: Operator, raw: Raw, scope: Scope) -> Raw:
        """Return the operand of an operator that has the place of a field in the short form: `containsJson={…}`."""
        if not self._reader.text or not isinstance(raw, Mapping):
            return raw
        if list(raw) != ["eq"]:
            raise InvalidQuery(scope.show(operator), f"is an operator and takes no other: write {operator}=value")
        text = raw["eq"]
        return list[Raw](parse_items(text)) if operator in LIST_OPERATORS and isinstance(text, str) else text

    def _compared(self, operator: Operator, raw: Raw, scope: Scope) -> Filter:
        if isinstance(scope.type, Array) and operator in ("has", "hasAny", "hasAll"):
            return self._holding(operator, raw, scope, scope.type)
        return self._on_target(scope.place(), scope.type, operator, raw, scope.show())

    def _on_target(self, target: Target, type: Type, operator: Operator, raw: Raw, shown: str) -> Filter:
        if operator in ("isNull", "exists", "isEmpty"):
            holds = self._reader.read_boolean(operator, raw, shown)
            if isinstance(target, Column):
                return Always(holds=holds == (operator == "exists"))
            if operator == "exists" and not target.path:
                return Always(holds=holds)
            return Presence(target, operator, holds)
        value = self._reader.read(type, operator, raw, shown)
        if value == ():
            return Always(holds=operator == "notIn")
        return Compare(target, operator, self._bind(value))

    def _holding(self, operator: Operator, raw: Raw, scope: Scope, array: Array) -> Filter:
        related = scope.many_at()
        value = self._reader.read(Uuid() if related else array.items, operator, raw, scope.show())
        if value == ():
            return Always(holds=operator == "hasAll")
        if related is None and isinstance(array.items, CONTAINED):
            texts = value.then(_json_texts) if isinstance(value, Deferred) else _json_texts(value)
            return Compare(scope.place(), operator, self._bind(texts))
        if isinstance(value, Deferred):
            # How many conditions this becomes depends on the values.
            raise Structural(value.raw)
        listed = value if isinstance(value, tuple) else (value,)
        return self._element_wise(operator, listed, scope, related, array.items)

    def _element_wise(
        self, operator: Operator, values: tuple[ScalarValue, ...], scope: Scope, related: Related | None, items: Type
    ) -> Filter:
        compared = Anything() if isinstance(items, Object | Array | Union) else items
        target: Target = Column("id") if related else Place((), compared)

        def some(part: Filter) -> Filter:
            return OnRelated(related.link, "some", part) if related else OnElements(scope.place(), "some", part)

        if operator == "hasAny" and (related or not isinstance(compared, Anything)):
            return some(Compare(target, "in", self._bind(values)))
        self._count(len(values))
        each = [Compare(target, "eq", self._bind(value)) for value in values]
        return conjunction(some(part) for part in each) if operator == "hasAll" else some(disjunction(each))

    def _bind(self, value: Value) -> Position:
        self._values.append(value)
        return len(self._values) - 1

    def _count(self, more: int = 1) -> None:
        self._found += more
        if self._found > self._limit:
            raise QueryTooLarge("filter conditions", self._found, self._limit, "limits.filter_nodes")

    def _unknown(self, name: str, scope: Scope) -> Exception:
        if scope.record or isinstance(scope.type, Object):
            return scope.unknown(name)
        quantifiers = tuple(QUANTIFIERS) if isinstance(scope.type, Array) else ()
        hint = scope.hint(name) if isinstance(scope.type, Union) else ""
        return UnknownOperator(scope.show(), legible(name), (*operators_of(scope.type), *quantifiers), hint)


def _operators_at(scope: Scope) -> tuple[Operator, ...]:
    found = operators_of(scope.type)
    # A record is always there: whether a related one is, is a question to the relation (`author: {isNull: …}`).
    return tuple(each for each in found if each not in ("isNull", "exists")) if scope.record else found


def _operator(name: str, among: tuple[Operator, ...]) -> Operator | None:
    found = OPERATORS.get(name)
    return found if found in among else None


def _undotted(name: str, raw: Raw) -> tuple[str, Raw]:
    head, dot, rest = name.partition(".")
    return (head, {rest: raw}) if dot else (name, raw)


def _not_a_filter(shown: str, raw: Raw) -> Exception:
    if not shown:
        return InvalidQuery("where", f"expects an object like {{field: {{operator: value}}}}, not {kind(known(raw))}")
    reason = 'null is not an operand; use {"isNull": true}' if raw is None else 'expects an object like {"eq": …}'
    return InvalidOperand(shown, "eq", reason)


def _json_texts(value: Operand) -> Operand:
    if isinstance(value, tuple):
        return tuple(_json_text(each) for each in value)
    return _json_text(value)


def _json_text(value: ScalarValue) -> str:
    return dumps(str(value) if isinstance(value, UUID) else value)

"""The operand of a filter condition → the value bound in SQL, as the table in `nodes` lists them.

Start at `OperandReader.read`; `scalars` knows the types of single values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, assert_never

from janua.errors import InvalidOperand, QueryTooLarge
from janua.model.types import Anything, Array, Enum, Json, Object, Type, Union
from janua.query.ast import Raw
from janua.query.limits import QueryLimits
from janua.query.operators import MEANINGS, Operator
from janua.query.scalars import ScalarValue, Unfit, boolean, json_text, kind, scalar, string
from janua.query.variables import Deferred, known, variable_in

Operand = ScalarValue | tuple[ScalarValue, ...]
Value: TypeAlias = "Operand | int | bytes | Deferred[Operand] | Deferred[str]"
"""What a position of a plan stands for: an operand, the limit or offset of a page, or what cursors are made of."""


@dataclass(frozen=True, slots=True)
class OperandReader:
    """Reads operands; `text`: they were asked as text, in the short form of REST or on the command line."""

    limits: QueryLimits
    text: bool = False

    def read(self, type: Type, operator: Operator, raw: Raw, shown: str) -> Operand | Deferred[Operand]:
        """Return the value of an operand; `type` is the field's, for `has`, `hasAny` and `hasAll` its elements'.

        Raises: `InvalidOperand` (naming the field as `shown`), `QueryTooLarge` for too long a list.
        """
        read = partial(self.read_known, type, operator, shown)
        return read(known(raw)) if variable_in(raw) is None else Deferred(raw, read)

    def read_known(self, type: Type, operator: Operator, shown: str, raw: Json) -> Operand:
        """Return the value of an operand without variables; see `read`."""
        if raw is None:
            raise InvalidOperand(shown, operator, "null is not an operand; use isNull")
        try:
            return self._read(type, operator, raw)
        except Unfit as error:
            raise InvalidOperand(shown, operator, str(error)) from None

    def read_boolean(self, operator: Operator, raw: Raw, shown: str) -> bool:
        """Return the operand of `isNull`, `exists` or `isEmpty`.

        Raises: `InvalidOperand`, `Structural`.
        """
        try:
            return boolean(known(raw), text=self.text)
        except Unfit as error:
            raise InvalidOperand(shown, operator, str(error)) from None

    def _read(self, type: Type, operator: Operator, raw: Json) -> Operand:
        expected = MEANINGS[operator].operand
        match expected:
            case "value":
                return self._one(type, operator, raw)
            case "values":
                return tuple(self._one(type, operator, each) for each in self._listed(raw))
            case "string":
                return self._string(operator, raw)
            case "json":
                return json_text(raw, self.limits, text=self.text, strict=True)
            case "boolean":
                return boolean(raw, text=self.text)
            case _:
                assert_never(expected)

    def _one(self, type: Type, operator: Operator, raw: Json) -> ScalarValue:
        if raw is None:
            raise Unfit("null is not an operand; use isNull")
        match type:
            case Anything() | Object() | Array() | Union():
                return json_text(raw, self.limits, text=self.text, strict=False)
            case Enum() if operator in ("gt", "gte", "lt", "lte"):
                # An enum's order is that of its strings, so a range may be bounded by any string.
                return string(raw)
            case _:
                return scalar(type, raw, self.limits, text=self.text)

    def _listed(self, raw: Json) -> Sequence[Json]:
        if not isinstance(raw, list):
            raise Unfit(f"expects a list, not {kind(raw)}")
        if len(raw) > self.limits.in_operands:
            raise QueryTooLarge("values in a list", len(raw), self.limits.in_operands, "limits.in_operands")
        return raw

    def _string(self, operator: Operator, raw: Json) -> str:
        value = string(raw)
        match operator:
            case "contains" | "icontains":
                return f"%{_escaped(value)}%"
            case "endsWith":
                return f"%{_escaped(value)}"
            case "like" | "ilike":
                return _pattern(value)
            case "search" if len(value) > self.limits.search_characters:
                raise Unfit(f"has at most {self.limits.search_characters} characters")
            case _:
                return value


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pattern(value: str) -> str:
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise Unfit("ends in a backslash that escapes nothing; write \\\\ for a backslash")
    return value

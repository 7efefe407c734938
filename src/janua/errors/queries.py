"""What is wrong with a question: family `query`, and the one code that Apollo's clients look for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class InvalidQuery(JanuaError):
    """A query parameter or argument is unknown, malformed or contradicts another; `parameter` names it."""

    code: ClassVar[str] = "query.invalid"
    title: ClassVar[str] = "Invalid query"
    cure: ClassVar[str] = "Correct the parameter; `detail` says what it expects."
    example: ClassVar[Mapping[str, Any]] = {"parameter": "limit", "reason": "must be a whole number, not 'ten'"}
    parameter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.parameter}: {self.reason}"


@dataclass(eq=False)
class UnknownField(JanuaError):
    """The query names a field that the collection does not have.

    Where a parameter could stand too, `parameters` are those that there are; `hint` says what was probably meant.
    """

    code: ClassVar[str] = "query.unknown_field"
    title: ClassVar[str] = "Unknown field"
    cure: ClassVar[str] = "`known` lists the names there are."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "path": "titel",
        "known": ("author", "price", "title"),
        "hint": "did you mean 'title'?",
    }
    collection: str
    path: str
    known: Sequence[str] = ()
    parameters: Sequence[str] = ()
    hint: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields, those that are empty left out."""
        always = ("collection", "path", "known")
        return {name: each for name, each in super().members().items() if each or name in always}

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        if self.parameters:
            said = f"{self.path!r} is neither a field of {self.collection} nor a parameter{hint}"
            return f"{said}; fields: {', '.join(self.known)}; parameters: {', '.join(self.parameters)}"
        known = f"; it has {', '.join(self.known)}" if self.known else ""
        return f"{self.collection} has no field {self.path!r}{hint}{known}"


@dataclass(eq=False)
class UnknownOperator(JanuaError):
    """The filter uses an operator that this field's type does not have."""

    code: ClassVar[str] = "query.unknown_operator"
    title: ClassVar[str] = "Unknown filter operator"
    cure: ClassVar[str] = "`known` lists the operators that the field has."
    example: ClassVar[Mapping[str, Any]] = {
        "path": "price",
        "operator": "contains",
        "known": ("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "isNull", "exists"),
    }
    path: str
    operator: str
    known: Sequence[str] = ()
    hint: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields; the hint only if there is one."""
        return {name: each for name, each in super().members().items() if each or name != "hint"}

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path} has no operator {self.operator!r}; it has {', '.join(self.known)}{hint}"


@dataclass(eq=False)
class InvalidOperand(JanuaError):
    """A filter operand has the wrong type, or is an explicit null."""

    code: ClassVar[str] = "query.invalid_operand"
    title: ClassVar[str] = "Invalid filter operand"
    cure: ClassVar[str] = "Send a value of the field's type; for null use `isNull`."
    example: ClassVar[Mapping[str, Any]] = {
        "path": "price",
        "operator": "eq",
        "reason": "null is not an operand; use isNull",
    }
    path: str
    operator: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.operator}: {self.reason}".lstrip()


@dataclass(eq=False)
class InvalidCursor(JanuaError):
    """The cursor was not made by this server for this collection, filter and order."""

    code: ClassVar[str] = "query.invalid_cursor"
    title: ClassVar[str] = "Invalid cursor"
    cure: ClassVar[str] = "Start again at the first page, with the same filter and order on every page."
    reason: str = "it was not issued for this collection, filter and order"

    def __str__(self) -> str:
        return f"invalid cursor: {self.reason}"


@dataclass(eq=False)
class QueryTooLarge(JanuaError):
    """The query exceeds a limit; `what` names what there is too much of, `setting` the setting that decides, if one."""

    code: ClassVar[str] = "query.too_large"
    title: ClassVar[str] = "The query asks for too much"
    cure: ClassVar[str] = "Ask for less, or raise the setting; limits without one are fixed."
    example: ClassVar[Mapping[str, Any]] = {
        "what": "levels of fields",
        "found": 11,
        "limit": 10,
        "setting": "graphql.depth",
    }
    what: str
    found: int
    limit: int
    setting: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields; the setting only if there is one."""
        return {name: each for name, each in super().members().items() if each or name != "setting"}

    def __str__(self) -> str:
        setting = f" (setting {self.setting})" if self.setting else ""
        # Counting stops where the limit is exceeded: there may be more than what was found.
        found = f"at least {self.found}" if self.found == self.limit + 1 else str(self.found)
        return f"the query has {found} {self.what}; the limit is {self.limit}{setting}"


@dataclass(eq=False)
class InvalidOperation(JanuaError):
    """The GraphQL document cannot be parsed or does not fit the GraphQL schema, or its variables do not.

    In `errors`, `locations` say where.
    """

    code: ClassVar[str] = "query.malformed"
    title: ClassVar[str] = "Invalid GraphQL operation"
    cure: ClassVar[str] = "Correct the document at `locations`."
    example: ClassVar[Mapping[str, Any]] = {"reason": "Cannot query field 'titel' on type 'Book'."}
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class IntrospectionOff(JanuaError):
    """The query asks for the GraphQL schema itself, which this server keeps to itself."""

    code: ClassVar[str] = "query.introspection_off"
    title: ClassVar[str] = "Introspection is off"
    cure: ClassVar[str] = "Set `graphql.introspection`, or use `janua sdl`."

    def __str__(self) -> str:
        return "introspection is off on this server; set graphql.introspection to true, or use `janua sdl`"


@dataclass(eq=False)
class UnknownPersistedDocument(JanuaError):
    """No document of this SHA-256 is known to this worker: send it again, with its text.

    Code and message are those that the clients of Apollo's protocol look for.
    """

    code: ClassVar[str] = "PERSISTED_QUERY_NOT_FOUND"
    title: ClassVar[str] = "Unknown persisted document"
    cure: ClassVar[str] = "Send the document with its hash; clients of the protocol do so by themselves."

    def __str__(self) -> str:
        return "PersistedQueryNotFound"

"""Where a typed value of a document is in SQL: one function for each use, shared by indexes and queries.

PostgreSQL matches an index by the syntax of its expression, so whatever is indexed or compared comes from here. Every
expression is immutable and total: no stored document can make it fail, so no index build and no write can fail on it.

- `key_of` is what btree indexes hold, `value_of` what is compared exactly. They differ for long text only, whose key
  is bounded (a btree entry has at most 2,704 bytes): conditions on it name both.
- `text_at` is what trigram and fulltext indexes and patterns use, `json_at` what gin indexes use.
"""

from dataclasses import dataclass
from typing import assert_never

from janua.model.collection import Path
from janua.model.extract import Extract
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.nodes import SORT_CHARACTERS, Column, Target
from janua.query.scopes import COLUMN_TYPES
from janua.sql.binds import Binds
from janua.sql.selects import rows_of, select
from janua.sql.terms import (
    ArrayType,
    SqlType,
    Tree,
    array,
    call,
    case,
    cast,
    column,
    compare,
    in_order_of_bytes,
    joined,
    json_as_text,
    json_member,
    json_member_text,
    number,
    own,
    text,
)

LONG_KEY = 128
"""How many characters of a long text its index key holds: at most 512 bytes."""
SHORT_KEY = SORT_CHARACTERS
"""Text of at most so many characters is its own key: at most 2,048 bytes."""
SEARCHED = 100_000
"""Full-text search sees so many characters: a tsvector holds at most 1 MB."""
SOME_DAY = "2000-01-01T"
"""Times of day compare as instants of this day."""


@dataclass(frozen=True, slots=True)
class Row:
    """A source of values: a table under an alias (None: the only one), with its document in the column `document`.

    `typed`: it has the columns of relations, which hold what the document does. `extract`: it is the table of one,
    which has no documents, and columns for its fields only.
    """

    alias: str | None
    document: str = "data"
    typed: bool = True
    extract: Extract | None = None

    def column(self, called: str) -> Tree:
        """Return a column of the table."""
        return column(self.alias, called)


def json_at(row: Row, path: Path) -> Tree:
    """Return the jsonb value at a path; SQL null when it is missing."""
    found = row.column(row.document)
    for key in path:
        found = json_member(found, key)
    return found


def text_at(row: Row, path: Path) -> Tree:
    """Return the text of the value at a path; SQL null when it is missing or null."""
    if not path:
        return json_as_text(row.column(row.document))
    return json_member_text(json_at(row, path[:-1]), path[-1])


def words_at(row: Row, path: Path) -> Tree:
    """Return the text search vector of the string at a path."""
    return call("to_tsvector", text("simple"), call("left", text_at(row, path), number(SEARCHED)))


def type_of(target: Target) -> Type:
    """Return the type of a place or column."""
    return COLUMN_TYPES[target.name] if isinstance(target, Column) else target.type


def key_width(type: Type) -> int:
    """Return how many characters of a text its index key holds."""
    match type:
        case Text(max_length=None):
            return LONG_KEY
        case Text(max_length=int(longest)):
            return SHORT_KEY if longest <= SHORT_KEY else LONG_KEY
        case Enum(values=values):
            return SHORT_KEY if max((len(each.value) for each in values), default=0) <= SHORT_KEY else LONG_KEY
        case _:
            return SHORT_KEY


def is_long(type: Type) -> bool:
    """Return whether values may be longer than their index key."""
    return key_width(type) == LONG_KEY


def key_of(row: Row, target: Target) -> Tree:
    """Return the index key of a scalar; SQL null when it is missing or null."""
    if is_long(type_of(target)) and not isinstance(target, Column):
        return _cut(text_at(row, target.path), LONG_KEY)
    return value_of(row, target)


def sort_keys_of(row: Row, target: Target) -> tuple[Tree, ...]:
    """Return what a scalar sorts by: its index key, and more of a long text."""
    if is_long(type_of(target)) and not isinstance(target, Column):
        return key_of(row, target), _cut(text_at(row, target.path), SORT_CHARACTERS)
    return (key_of(row, target),)


def value_of(row: Row, target: Target) -> Tree:
    """Return the exact value of a scalar, comparable with `operand_of`; jsonb for what is not a scalar."""
    if isinstance(target, Column):
        return row.column(target.name)
    if row.extract is not None:
        return row.column(_held(row.extract, target.path))
    if target.column and row.typed:
        return row.column(target.column)
    return _value(row, target.path, target.type)


def _held(extract: Extract, path: Path) -> str:
    found = extract.column(path)
    if found is None:
        raise LookupError(f"{extract.table} does not hold {path!r}; `query.extracts` chooses what does")
    return found


def value_at(row: Row, path: Path, type: Type) -> Tree:
    """Return the exact value at a path; see `value_of`."""
    return _value(row, path, type)


def _value(row: Row, path: Path, type: Type) -> Tree:
    match type:
        case Text() | Enum():
            found = text_at(row, path)
            return in_order_of_bytes(found) if is_long(type) else _cut(found, SHORT_KEY)
        case Date():
            return _cut(text_at(row, path), SHORT_KEY)
        case Integer() | Number():
            return _if_kind(row, path, "number", "numeric")
        case Boolean():
            return _if_kind(row, path, "boolean", "boolean")
        case DateTime():
            return own("instant", text_at(row, path))
        case Time():
            return own("instant", joined(text(SOME_DAY), text_at(row, path)))
        case Uuid():
            return own("uuid", text_at(row, path))
        case Array() | Object() | Union() | Anything():
            return json_at(row, path)
        case _:
            assert_never(type)


def operand_of(type: Type, position: int, binds: Binds) -> Tree:
    """Return an operand, comparable with the value of this type."""
    if isinstance(type, DateTime | Time):
        return _instant(type, binds.use(position, "text"))
    return binds.use(position, sql_type(type))


def operands_of(type: Type, position: int, binds: Binds) -> Tree:
    """Return a list operand as an array of what `operand_of` gives."""
    if isinstance(type, DateTime | Time):
        if (texts := binds.listed(position)) is not None:
            return array(_instant(type, each) for each in texts)
        listed = rows_of(call("unnest", binds.use_all(position, "text[]")), "listed", "value")
        return call("ARRAY", select(_instant(type, column("listed", "value")), source=listed))
    return binds.use_all(position, _ARRAYS[sql_type(type)])


def restored(type: Type, position: int, binds: Binds) -> Tree:
    """Return a sort key that PostgreSQL wrote as text (see `query.cursor`) as what it was."""
    if isinstance(type, Text | Enum | Date):
        return binds.use(position, "text")
    return cast(binds.use(position, "text"), "timestamptz" if isinstance(type, DateTime | Time) else sql_type(type))


def sql_type(type: Type) -> SqlType:
    """Return the SQL type of operands of a type."""
    match type:
        case Text() | Enum() | Date() | DateTime() | Time():
            return "text"
        case Integer() | Number():
            return "numeric"
        case Boolean():
            return "boolean"
        case Uuid():
            return "uuid"
        case Array() | Object() | Union() | Anything():
            return "jsonb"
        case _:
            assert_never(type)


_ARRAYS: dict[SqlType, ArrayType] = {
    "text": "text[]",
    "numeric": "numeric[]",
    "boolean": "boolean[]",
    "uuid": "uuid[]",
    "jsonb": "jsonb[]",
}


def _cut(value: Tree, width: int) -> Tree:
    return in_order_of_bytes(call("left", value, number(width)))


def _if_kind(row: Row, path: Path, kind: str, to: SqlType) -> Tree:
    """A cast of what has the right kind only: for anything else it would fail."""
    is_kind = compare(call("jsonb_typeof", json_at(row, path)), "=", text(kind))
    return case(is_kind, cast(json_at(row, path), to))


def _instant(type: DateTime | Time, operand: Tree) -> Tree:
    return own("instant", joined(text(SOME_DAY), operand) if isinstance(type, Time) else operand)

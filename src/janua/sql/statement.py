"""A statement: SQL text with parameters, and which values they take.

Statements are made once a shape and cached (by the hashable plan or the collection); values are bound each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from janua.sql.binds import Bind, Binds, value_of
from janua.sql.terms import Tree, name


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$1…`; `binds` has one entry for each parameter, in order.

    `together` is there for point reads: SQL that makes many of them, see `points`.
    """

    text: str
    binds: tuple[Bind, ...] = ()
    together: str | None = None


def values_for(statement: Statement, values: Sequence[object]) -> list[object]:
    """Return the arguments for asyncpg, given the values that the statement's positions index."""
    # Most are bound as they are.
    return [values[each.position] if each.form == "plain" else value_of(each, values) for each in statement.binds]


def render(tree: Tree) -> str:
    """Return the SQL text of a tree, in the dialect of PostgreSQL."""
    return tree.sql(dialect="postgres", normalize_functions=False, copy=False)


def statement_of(tree: Tree, binds: Binds) -> Statement:
    """Return the statement of a tree whose parameters came from `binds`."""
    return Statement(render(tree), binds.used)


def quoted(called: str) -> str:
    """Return a name as a quoted identifier, for DDL that has no tree."""
    return render(name(called))

"""Everything an operation reads becomes one SELECT, whose single row is the text of its answer."""

from janua.query.parts import AnswerPlan
from janua.sql import selects
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.parts import json_of
from janua.sql.statement import Statement, statement_of


def answer_statement(plan: AnswerPlan) -> Statement:
    """Return the statement of an answer: always one row, of `answer` text, a JSON object.

    Statements are not cached here: who compiles an operation keeps the statement with it.
    """
    binds = Binds()
    nowhere = Row(None)
    return statement_of(selects.select(selects.aliased(json_of(plan.members, nowhere, binds), "answer")), binds)

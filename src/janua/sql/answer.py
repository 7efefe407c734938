"""Everything an operation reads becomes one SELECT, whose single row is the text of its answer."""

from functools import partial

from sqlglot import exp

from janua.query.parts import AnswerPlan
from janua.sql import selects
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.parts import json_of
from janua.sql.points import point_statement, reads_one
from janua.sql.statement import Statement, statement_of


def answer_statement(plan: AnswerPlan) -> Statement:
    """Return the statement of an answer: always one row, of `answer` text, a JSON object.

    Statements are not cached here: who compiles an operation keeps the statement with it.
    """
    if reads_one(plan):
        return point_statement(partial(_answer, plan))
    binds = Binds()
    return statement_of(_answer(plan, binds), binds)


def _answer(plan: AnswerPlan, binds: Binds) -> exp.Select:
    return selects.select(selects.aliased(json_of(plan.members, Row(None), binds), "answer"))

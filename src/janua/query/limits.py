"""How much one query may ask for. What a setting decides has the name and the default of that setting in `limits`."""

from dataclasses import dataclass

from janua.errors import QueryTooLarge
from janua.query.ast import Raw, RawFilter


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """Upper bounds, all inclusive, that planning enforces."""

    page_default: int = 20  # records a page when the query does not say
    page_limit: int = 1000  # records a page
    offset_limit: int = 100_000  # records to skip
    include_limit: int = 100  # related records listed with one record, by each relation
    answer_records: int = 250_000  # records in an answer at worst, related ones included
    included_relations: int = 20  # relations in one `include`
    relation_depth: int = 10  # relations followed one after another
    filter_nodes: int = 200  # conditions and combinators in a filter
    filter_depth: int = 64  # JSON nesting of a filter, its operands included
    filter_containers: int = 10_000  # JSON objects and lists in a filter, its operands included
    in_operands: int = 10_000  # values in a list operand
    number_digits: int = 400  # digits before and after the decimal point
    search_characters: int = 2000  # text of a `search`
    order_keys: int = 8  # sort keys, and grouping keys
    measures: int = 50  # figures in an aggregate
    groups: int = 1000  # groups in an aggregate


def check_filter(raw: RawFilter, limits: QueryLimits) -> None:
    """Refuse a filter that recursion could not follow, or that would take long: without recursion, and at once.

    A dotted name counts as the nesting that it is short for. Raises: `QueryTooLarge`.
    """
    found = 0
    pending: list[tuple[Raw, int]] = [(raw, 0)]
    while pending:
        value, depth = pending.pop()
        found += 1
        if depth > limits.filter_depth:
            raise QueryTooLarge("levels of nesting in the filter", depth, limits.filter_depth)
        if found + len(pending) > limits.filter_containers:
            raise QueryTooLarge("objects and lists in the filter", found + len(pending), limits.filter_containers)
        if isinstance(value, dict):
            pending.extend((each, depth + 1 + name.count(".")) for name, each in value.items() if _contains(each))
        elif isinstance(value, list):
            pending.extend((each, depth + 1) for each in value if _contains(each))


def _contains(value: Raw) -> bool:
    return isinstance(value, dict | list)

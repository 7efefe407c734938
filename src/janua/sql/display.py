"""SQL as people like to read it; what runs is never this. Start at `pretty`."""

from functools import lru_cache

import sqlglot
from sqlglot.errors import SqlglotError


@lru_cache(maxsize=1024)
def pretty(text: str) -> str:
    """Return the statement over several lines, or as it is when it cannot be parsed."""
    try:
        parsed = sqlglot.parse(text, read="postgres")
    except (SqlglotError, RecursionError):
        return text
    lines = [each.sql("postgres", pretty=True, max_text_width=100) for each in parsed if each is not None]
    return ";\n".join(lines) or text

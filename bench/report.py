"""What the benchmarks print: lines, and tables in Markdown."""

import sys
from collections.abc import Sequence


def say(text: str, *, aside: bool = False) -> None:
    """Print a line; `aside` what tells of progress, to standard error."""
    print(text, flush=True, file=sys.stderr if aside else sys.stdout)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are figures."""
    widths = [max(len(each[place]) for each in (heads, *rows)) for place in range(len(heads))]
    rule = "|".join("-" * (width + 2) if place == 0 else "-" * (width + 1) + ":" for place, width in enumerate(widths))
    return "\n".join([_row(heads, widths), f"|{rule}|", *(_row(each, widths) for each in rows)])


def ratio(value: float | None) -> str:
    """Return a ratio, two digits behind the point."""
    return "–" if value is None else f"{value:.2f}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        each.ljust(width) if place == 0 else each.rjust(width)
        for place, (each, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"

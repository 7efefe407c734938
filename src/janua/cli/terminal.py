"""What commands print with: tables and lines for people, JSON for scripts, a progress bar while a person watches.

Answers go to standard output, everything else to standard error. Start at `print_json` and `print_table`.
"""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from janua.api.wire import plain
from janua.model.json import dumps
from janua.model.types import Json

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 160  # columns, where nobody's terminal says otherwise
INDENT = "  "


def console() -> "Console":
    """Return the console of standard output; rich takes the width of a terminal, files and pipes get wide lines."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, soft_wrap=not sys.stdout.isatty())


def print_line(text: str) -> None:
    """Print one line as it is."""
    print(text, flush=True)  # noqa: T201 -- this is the place that prints


def note(text: str) -> None:
    """Tell the person at the terminal, on standard error."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text, style="dim"))


def print_json(value: object) -> None:
    """Print any answer as one line of JSON; numbers keep every digit."""
    print_line(dumps(plain(value)))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """Print rows under their headings, or the sentence `empty` when there are none."""
    if not rows:
        print_line(empty)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for each in columns:
        table.add_column(each, overflow="ellipsis", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(each) for each in row))
    out = console()
    with out.capture() as captured:
        out.print(table)
    print_line("\n".join(line.rstrip() for line in captured.get().splitlines()))


def indented(value: Json, margin: str = "") -> str:
    """Return JSON over several lines, for people."""
    inner = margin + INDENT
    match value:
        case dict() if value:
            members = ",\n".join(f"{inner}{dumps(name)}: {indented(each, inner)}" for name, each in value.items())
            return f"{{\n{members}\n{margin}}}"
        case list() if value and any(isinstance(each, dict | list) for each in value):
            elements = ",\n".join(f"{inner}{indented(each, inner)}" for each in value)
            return f"[\n{elements}\n{margin}]"
        case list():
            return f"[{', '.join(dumps(each) for each in value)}]"
        case _:
            return dumps(value)


def shown(value: Json) -> str:
    """Return a value as a cell of a table: strings bare, nothing for null."""
    match value:
        case None:
            return ""
        case str():
            return " ".join(value.split())
        case list() if all(isinstance(each, str) for each in value):
            return ", ".join(str(each) for each in value)
        case _:
            return dumps(value)


@contextmanager
def progress(title: str, total: int | None, *, quiet: bool, size: bool = False) -> Generator[Callable[[int], None]]:
    """Show a bar on standard error while the block runs; call what is returned with how far it is.

    `total` None: nobody knows. `size`: the figures are bytes. Nothing is shown when `quiet` or without a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    figures = DownloadColumn() if size else TextColumn("{task.completed:,.0f}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), figures, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda completed: bar.update(task, completed=completed)

"""The shell examples of a Markdown page: what a reader types, and what the page says comes out.

In: the text of a page. Out: its `Example`s, in order; `shown` are the fenced blocks that directly follow one. Start at
`read_examples`; `unmet` holds a real output against a shown one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """Commands, the line of the page where they stand, and the output that the page shows for them, if any."""

    line: int
    commands: str
    shown: str | None


def read_examples(page: str) -> Sequence[Example]:
    """Return the `sh` blocks of a page, each with the block of another language that directly follows it."""
    blocks = list(FENCE.finditer(page))
    found: list[Example] = []
    for place, block in enumerate(blocks):
        if block["language"] == "sh":
            after = blocks[place + 1] if place + 1 < len(blocks) else None
            answered = after is not None and after.start() == block.end() and after["language"] != "sh"
            line = page.count("\n", 0, block.start()) + 1
            found.append(Example(line, block["text"], after["text"] if after is not None and answered else None))
    return found


def unmet(shown: str, output: str) -> str | None:
    """Return the first part of a shown output that the real one lacks, None when it has them all in this order.

    Parts are what stands between `…`; blank space counts nowhere. An HTTP head is a part for each line.
    """
    real, place = squeezed(output), 0
    head, _, body = shown.partition("\n\n") if shown.startswith("HTTP/") else ("", "", shown)
    for each in (squeezed(piece) for part in (*head.splitlines(), body) for piece in part.split(ELLIPSIS)):
        place = real.find(each, place)
        if place < 0:
            return each
        place += len(each)
    return None


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)

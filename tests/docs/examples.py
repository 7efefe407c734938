"""The examples of a Markdown page: what a reader types, and what the page says comes out.

In: the text of a page. Out: its `Example`s, in order; `shown` are the fenced blocks that directly follow one. A block
of GraphQL is an operation to be sent, its variables in a comment on its first line, or a part of the GraphQL schema.
Start at `read_examples`; `unmet` holds a real output against a shown one.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```\n?", re.MULTILINE | re.DOTALL)
ELLIPSIS = "…"
TYPED = ("sh", "graphql")
VARIABLES = re.compile(r"# variables: (?P<json>.*)\n")
OPERATION = re.compile(r"\s*(#.*\n)?\s*(\{|query\b|mutation\b|fragment\b)")
SEND = "curl localhost:8080/graphql -H 'content-type: application/json' -d @- <<'END'\n{}\nEND\n"
SDL = 'curl \'localhost:8080/graphql?sdl\' | sed -z \'s/"""[^"]*"""//g\'\n'
"""Prints the GraphQL schema without its descriptions."""


@dataclass(frozen=True, slots=True)
class Example:
    """Commands, the line of the page where they stand, and the output that the page shows for them, if any."""

    line: int
    commands: str
    shown: str | None


def read_examples(page: str) -> Sequence[Example]:
    """Return the `sh` and `graphql` blocks of a page, each with the block of another language that directly follows."""
    blocks = list(FENCE.finditer(page))
    found: list[Example] = []
    for place, block in enumerate(blocks):
        if block["language"] in TYPED:
            after = blocks[place + 1] if place + 1 < len(blocks) else None
            answered = after is not None and after.start() == block.end() and after["language"] not in TYPED
            line = page.count("\n", 0, block.start()) + 1
            found.append(_example(line, block, after["text"] if after is not None and answered else None))
    return found


def _example(line: int, block: re.Match[str], shown: str | None) -> Example:
    text = block["text"]
    if block["language"] == "sh":
        return Example(line, text, shown)
    if OPERATION.match(text) is None:
        return Example(line, SDL, text)
    variables = VARIABLES.match(text)
    request = {"query": text} | ({} if variables is None else {"variables": json.loads(variables["json"])})
    return Example(line, SEND.format(json.dumps(request)), shown)


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

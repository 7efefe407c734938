"""What is wrong with a pattern that no regex engine takes: they say that it is wrong, not where.

In: a pattern (ECMA-262). Out: a phrase for its author. Start at `mistake_in`. Asked only of patterns that were refused,
so nothing here decides what a pattern may be.
"""

import re

_TOKEN = re.compile(
    r"\\(?:.|$)|\[(?:\\.|[^\]\\])*\]?|\((?:\?(?:<?[=!]|:|P?<\w+>))?|\)|[*+?]|\{[0-9]+(?:,[0-9]*)?\}|.", re.DOTALL
)
_BOUNDS = re.compile(r"\{([0-9]{1,9}),([0-9]{1,9})\}")
_RANGE = re.compile(r"\\.|([^\\])-([^\\\]])|.", re.DOTALL)
_UNREPEATABLE = ("", "|", "(", "*", "+", "{")


def mistake_in(pattern: str) -> str | None:
    """Return the first mistake in a pattern, its characters counted from 1; None when it is none of the usual ones."""
    groups: list[int] = []
    before = ""
    for token in _TOKEN.finditer(pattern):
        text, at = token[0], token.start() + 1
        if text.startswith("("):
            groups.append(at)
        elif text == ")" and not groups:
            return f"the ) at character {at} closes no group"
        elif text == ")":
            groups.pop()
        elif found := _mistake_at(text, at, before):
            return found
        # After a quantifier, a ? makes it lazy.
        before = "?" if text == "?" and before[:1] in ("*", "+", "?", "{") else text
    return f"the group that begins at character {groups[-1]} is not closed" if groups else None


def _mistake_at(text: str, at: int, before: str) -> str | None:
    """Return what is wrong with one part of a pattern; `before` is the part that it follows."""
    match text[0]:
        case "\\" if text == "\\":
            return "it ends with a backslash that escapes nothing"
        case "[" if text == "[" or not _is_closed(text):
            return f"the [ at character {at} is not closed"
        case "[":
            return _mistake_in_set(text[1:-1].removeprefix("^"), at)
        case "*" | "+" | "{" if before[:1] in _UNREPEATABLE:
            return f"there is nothing before the {text} at character {at} that it could repeat"
        case "?" if before[:1] in ("", "|"):
            return f"there is nothing before the ? at character {at} that it could make optional"
        case "{" if (bounds := _BOUNDS.fullmatch(text)) and int(bounds[1]) > int(bounds[2]):
            return f"the {text} at character {at} asks for more than it allows"
        case _:
            return None


def _is_closed(set: str) -> bool:
    return re.fullmatch(r"\[(?:\\.|[^\]\\])*\]", set, re.DOTALL) is not None


def _mistake_in_set(members: str, at: int) -> str | None:
    for each in _RANGE.finditer(members):
        if each[1] and each[1] > each[2]:
            return f"in the [ at character {at}, the range {each[0]} is the wrong way round"
    return None

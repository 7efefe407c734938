"""A regular expression of JSON Schema (ECMA-262) → a nondeterministic automaton.

In: the text of a pattern. Out: an `Automaton`, or None for what has no automaton here (look-around, back-references,
flags, Unicode properties) or would have too large a one. Start at `automaton_of`. It accepts exactly the strings that
the validation engine finds a match in: a pattern is searched for, not anchored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

LARGEST = 3_000
"""States of an automaton at most; a counted repetition is written out."""
LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]
"""Characters as inclusive ranges of code points, sorted and apart."""
Assertion = Literal["", "^", "$"]

_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_PUNCTUATION = frozenset("^$\\.*+?()[]{}|/-_@!\"#%&',:;=~` ")
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
# The engine reads these inside of a class in ways of its own.
_UNLIKE = ("&&", "--", "~~", "[")


class Unsupported(Exception):
    """The pattern has something that this module does not make automata of."""


@dataclass(slots=True)
class Automaton:
    """States are numbers from 0 to `final`; `moves` read a character, `jumps` read none, some only at an end."""

    start: int = 0
    final: int = 0
    moves: list[list[tuple[Ranges, int]]] = field(default_factory=list[list[tuple[Ranges, int]]])
    jumps: list[list[tuple[Assertion, int]]] = field(default_factory=list[list[tuple[Assertion, int]]])

    def state(self) -> int:
        """Return a new state."""
        if len(self.moves) >= LARGEST:
            raise Unsupported
        self.moves.append([])
        self.jumps.append([])
        return len(self.moves) - 1


def automaton_of(pattern: str) -> Automaton | None:
    """Return the automaton of a pattern, which stays in its final state once it has reached it."""
    try:
        return _searching(_Parser(pattern).parse())
    except (Unsupported, RecursionError):
        return None


def automaton_of_strings(strings: Sequence[str]) -> Automaton | None:
    """Return the automaton that accepts just these strings, if it is not too large."""
    branches = [
        _Node("&", [_Node("^"), *(_Node("set", ranges=((ord(c), ord(c)),)) for c in each), _Node("$")])
        for each in strings
    ]
    try:
        return _searching(_Node("|", branches))
    except Unsupported:
        return None


def complement(ranges: Ranges) -> Ranges:
    """Return the characters that are not in these ranges."""
    found: list[tuple[int, int]] = []
    following = 0
    for first, last in ranges:
        if first > following:
            found.append((following, first - 1))
        following = last + 1
    return (*found, (following, LAST)) if following <= LAST else tuple(found)


def merged(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Return ranges sorted and apart."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


_NOT_NEWLINE = complement(((0x0A, 0x0A),))
_CLASSES = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "D": complement(_DIGIT),
    "W": complement(_WORD),
    "S": complement(_SPACE),
}


@dataclass(slots=True)
class _Node:
    """`set` reads one of `ranges`; `&` is a sequence, `|` a choice, `*` a repetition, `^` and `$` are the ends."""

    kind: Literal["set", "&", "|", "*", "^", "$"]
    parts: "list[_Node]" = field(default_factory=list["_Node"])
    ranges: Ranges = ()
    least: int = 0
    most: int | None = None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> _Node:
        found = self._choice()
        if self._at < len(self._text):
            raise Unsupported
        return found

    def _peek(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def _take(self, text: str) -> bool:
        taken = self._peek(text)
        self._at += len(text) if taken else 0
        return taken

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise Unsupported
        self._at += 1
        return self._text[self._at - 1]

    def _choice(self) -> _Node:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _Node("|", branches)

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._at < len(self._text) and not self._peek("|") and not self._peek(")"):
            parts.append(self._quantified(self._atom()))
        return _Node("&", parts)

    def _atom(self) -> _Node:
        match character := self._next():
            case "^" | "$":
                return _Node(character)
            case ".":
                return _Node("set", ranges=_NOT_NEWLINE)
            case "(":
                return self._group()
            case "[":
                return _Node("set", ranges=self._class())
            case "\\":
                return _Node("set", ranges=self._escape())
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise Unsupported
            case _:
                return _Node("set", ranges=((ord(character), ord(character)),))

    def _group(self) -> _Node:
        if self._take("?") and not self._take(":"):
            raise Unsupported
        found = self._choice()
        if not self._take(")"):
            raise Unsupported
        return found

    def _quantified(self, atom: _Node) -> _Node:
        bounds = self._bounds()
        if bounds is None:
            return atom
        if atom.kind in {"^", "$"}:
            raise Unsupported
        self._take("?")  # lazy: another way to find the same matches
        if self._bounds() is not None:
            raise Unsupported
        return _Node("*", [atom], least=bounds[0], most=bounds[1])

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in _QUANTIFIERS.items():
            if self._take(sign):
                return bounds
        if not self._take("{"):
            return None
        body, _, rest = self._text[self._at :].partition("}")
        self._at = len(self._text) - len(rest)
        least, comma, most = body.partition(",")
        if not (least.isascii() and least.isdigit() and (not most or (most.isascii() and most.isdigit()))):
            raise Unsupported
        return int(least), (int(most) if most else None if comma else int(least))

    def _class(self) -> Ranges:
        negated = self._take("^")
        found: list[tuple[int, int]] = []
        while not self._take("]"):
            if any(self._peek(each) for each in _UNLIKE):
                raise Unsupported
            first = self._member()
            if self._peek("-") and not self._peek("-]"):
                self._at += 1
                last = self._member()
                if not (_is_one(first) and _is_one(last)) or first[0][0] > last[0][0] or self._peek("-"):
                    raise Unsupported
                found.append((first[0][0], last[0][0]))
            else:
                found += first
        if not found:
            raise Unsupported
        return complement(merged(found)) if negated else merged(found)

    def _member(self) -> Ranges:
        if self._peek("["):
            raise Unsupported
        character = self._next()
        return self._escape() if character == "\\" else ((ord(character), ord(character)),)

    def _escape(self) -> Ranges:
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return ((ord(_CONTROLS[character]), ord(_CONTROLS[character])),)
        if character in {"x", "u"}:
            code = self._hexadecimal(2 if character == "x" else 4)
            return ((code, code),)
        if character in _PUNCTUATION:
            return ((ord(character), ord(character)),)
        raise Unsupported

    def _hexadecimal(self, digits: int) -> int:
        text = "".join(self._next() for _ in range(digits))
        if any(each not in "0123456789abcdefABCDEF" for each in text) or 0xD800 <= int(text, 16) <= 0xDFFF:
            raise Unsupported
        return int(text, 16)


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _searching(node: _Node) -> Automaton:
    """Return the automaton that looks for a node anywhere in a string."""
    made = Automaton()
    made.start = made.state()
    begin, made.final = made.state(), made.state()
    made.jumps[made.start].append(("", begin))
    made.moves[made.start].append((((0, LAST),), made.start))
    _build(made, node, begin, made.final)
    return made


def _build(made: Automaton, node: _Node, begin: int, end: int) -> None:
    match node.kind:
        case "set":
            made.moves[begin].append((node.ranges, end))
        case "^" | "$":
            made.jumps[begin].append((node.kind, end))
        case "|":
            for each in node.parts:
                _build(made, each, begin, end)
        case "&":
            _chain(made, [_into(made, each) for each in node.parts], begin, end)
        case "*":
            _repeat(made, node, begin, end)


def _into(made: Automaton, node: _Node) -> Callable[[int, int], None]:
    return lambda begin, end: _build(made, node, begin, end)


def _chain(made: Automaton, steps: Sequence[Callable[[int, int], None]], begin: int, end: int) -> None:
    at = begin
    for step in steps:
        following = made.state()
        step(at, following)
        at = following
    made.jumps[at].append(("", end))


def _repeat(made: Automaton, node: _Node, begin: int, end: int) -> None:
    step = _into(made, node.parts[0])
    if node.most is not None and node.most < node.least:
        raise Unsupported
    optional = 0 if node.most is None else node.most - node.least
    at = begin
    for place in range(node.least + optional):
        if place >= node.least:
            made.jumps[at].append(("", end))
        following = made.state()
        step(at, following)
        at = following
    if node.most is None:
        loop = made.state()
        made.jumps[at].append(("", loop))
        back = made.state()
        step(loop, back)
        made.jumps[back].append(("", loop))
        at = loop
    made.jumps[at].append(("", end))

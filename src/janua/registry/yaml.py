"""YAML → an exact JSON value, for schemas written by hand.

Only what JSON can say, by the rules of YAML 1.2's core schema: strings, exact numbers, booleans, null, lists, and
mappings with string keys, none twice; dates stay strings. Anchors and `<<` work, within a budget of values, so that few
lines cannot become gigabytes. Built from parser events, because PyYAML's own composer recurses in C without a limit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

import yaml

from janua.errors import DocumentTooLarge, MalformedDocument
from janua.model.types import Json

MERGE = "<<"
LONGEST_NUMBER = 4000

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_PLAIN: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PREFIX = "tag:yaml.org,2002:"
_STRING_TAGS = frozenset({"!", f"{_PREFIX}str"})
_TAGS = _STRING_TAGS | {f"{_PREFIX}{each}" for each in ("int", "float", "bool", "null", "seq", "map", "timestamp")}
_Loader = cast(type[yaml.SafeLoader], getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_yaml(body: bytes, *, depth: int, nodes: int) -> Json:
    """Return the value of the one YAML document in a body.

    `depth` and `nodes` bound the value with all aliases written out.
    Raises: `MalformedDocument`, `DocumentTooLarge`.
    """
    builder = _Builder(depth, nodes)
    try:
        for event in _events(body.decode()):
            builder.take(event)
    except UnicodeDecodeError:
        raise MalformedDocument("the body is not UTF-8") from None
    except yaml.YAMLError as error:
        raise MalformedDocument(f"the body is not YAML: {_reason(error)}") from None
    return builder.result


def _events(text: str) -> Iterator[yaml.Event]:
    return cast(Iterator[yaml.Event], yaml.parse(text, Loader=_Loader))  # type: ignore[no-untyped-call] -- the stubs lack it


def _reason(error: yaml.YAMLError) -> str:
    mark = cast("yaml.Mark | None", getattr(error, "problem_mark", None))
    problem = str(getattr(error, "problem", None) or error).splitlines()[0]
    return f"{problem} at line {mark.line + 1}" if mark else problem


@dataclass(slots=True)
class _Part:
    """A value under construction or done; `size` counts its values and `height` its levels, aliases written out."""

    value: Json
    anchor: str | None
    size: int = 1
    height: int = 0
    key: str | None = None
    merged: dict[str, Json] = field(default_factory=dict[str, Json])


class _Builder:
    """Builds the value from events, counting what it would be with all aliases written out."""

    def __init__(self, depth: int, nodes: int) -> None:
        self.result: Json = None
        self._depth = depth
        self._nodes = nodes
        self._open: list[_Part] = []
        self._anchors: dict[str, _Part] = {}
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        _refuse_tag(event)
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.SequenceStartEvent():
                self._start(_Part([], event.anchor), event)
            case yaml.MappingStartEvent():
                self._start(_Part({}, event.anchor), event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._finish(self._open.pop(), event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise MalformedDocument(f"the body has more than one YAML document{_at(event)}")
            case _:
                pass

    def _start(self, part: _Part, event: yaml.Event) -> None:
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise MalformedDocument(f"a key of a mapping must be a string{_at(event)}")
        if len(self._open) >= self._depth:
            raise DocumentTooLarge("levels of nesting", self._depth)
        self._open.append(part)

    def _finish(self, part: _Part, event: yaml.Event) -> None:
        if isinstance(part.value, dict):
            part.value = part.merged | part.value
        part.height += 1
        self._add(part, event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        parent = self._open[-1] if self._open else None
        if parent and isinstance(parent.value, dict) and parent.key is None:
            if event.value in parent.value:
                raise MalformedDocument(f"the key {event.value[:100]!r} occurs twice in one mapping{_at(event)}")
            parent.key = event.value
        else:
            self._add(_Part(_scalar(event), event.anchor), event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchor = event.anchor or ""
        found = self._anchors.get(anchor)
        if found is None:
            raise MalformedDocument(f"there is no finished value with the anchor {anchor[:100]!r}{_at(event)}")
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise MalformedDocument(f"a key of a mapping cannot be an alias{_at(event)}")
        self._add(_Part(found.value, None, found.size, found.height), event)

    def _add(self, part: _Part, event: yaml.Event) -> None:
        if part.anchor:
            self._anchors[part.anchor] = part
        if not self._open:
            self.result = part.value
            return
        parent = self._open[-1]
        parent.size += part.size
        parent.height = max(parent.height, part.height)
        if sum(each.size for each in self._open) > self._nodes:
            raise DocumentTooLarge("values", self._nodes)
        if len(self._open) + part.height > self._depth:
            raise DocumentTooLarge("levels of nesting", self._depth)
        _put(parent, part.value, event)


def _put(parent: _Part, value: Json, event: yaml.Event) -> None:
    if isinstance(parent.value, list):
        parent.value.append(value)
    elif isinstance(parent.value, dict) and parent.key is not None:
        if parent.key == MERGE:
            parent.merged = _merged(value, event) | parent.merged
        else:
            parent.value[parent.key] = value
        parent.key = None


def _merged(value: Json, event: yaml.Event) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, dict):
            raise MalformedDocument(f"`<<` merges mappings only{_at(event)}")
        found = part | found
    return found


def _scalar(event: yaml.ScalarEvent) -> Json:
    text = event.value
    if not event.implicit[0] and (event.style or event.tag in _STRING_TAGS):
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if len(text) <= LONGEST_NUMBER and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= LONGEST_NUMBER and _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def _refuse_tag(event: yaml.Event) -> None:
    tag = cast("str | None", getattr(event, "tag", None))
    if tag and tag not in _TAGS:
        raise MalformedDocument(f"a schema cannot hold a value tagged {tag[:100]}{_at(event)}")


def _at(event: yaml.Event) -> str:
    return f" at line {event.start_mark.line + 1}" if event.start_mark else ""

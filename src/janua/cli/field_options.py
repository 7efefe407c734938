"""The fields of a collection as options of the command line, and given options as a document.

In: a `Collection`. Out: one option for each value that can be written on its own: `--title`, `--publisher.city`,
`--tags` once for each element; what has no simpler form takes JSON. Start at `options_of`, then `document_of`.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, assert_never, cast

import typer

from janua.errors import InvalidRequest
from janua.model.collection import Collection, Field, Path
from janua.model.json import loads
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Json,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)

TAKEN: frozenset[str] = frozenset(
    (
        "--after", "--before", "--count", "--data", "--debug", "--dsn", "--fields", "--help", "--id", "--if-version",
        "--include", "--json", "--json-document", "--limit", "--sort", "--unset", "--where",
    )
)  # fmt: skip
"""Options of the commands themselves; a field of such a name is `--field.NAME`."""

CHOICES = 50  # values of an enum that the help lists


@dataclass(frozen=True, slots=True)
class FieldOption:
    """One option: `path` is where its value goes, `rest` how filters spell it; `many`: once for each element."""

    flag: str
    parameter: str
    path: Path
    rest: str
    type: Type
    many: bool
    required: bool
    description: str


def options_of(collection: Collection) -> Sequence[FieldOption]:
    """Return an option for every value of the collection's documents, in the order of the schema."""
    found: list[FieldOption] = []
    flags = set(TAKEN)
    for path, fields in leaves(collection, collection.type, (), ()):
        rest = ".".join(each.rest for each in fields)
        flag = f"--{rest}"
        while flag in flags:
            flag = f"--field.{flag.removeprefix('--')}"
        flags.add(flag)
        found.append(option(flag, f"field_{len(found)}", path, rest, fields))
    return found


def leaves(
    collection: Collection, type: Type, path: Path, above: tuple[Field, ...]
) -> Iterator[tuple[Path, tuple[Field, ...]]]:
    """Yield the fields below a type that have no fields of their own, or would have them without end."""
    for each in collection.children(type):
        fields = (*above, each)
        again = any(each.type == field.type for field in above) or each.type == collection.type
        if isinstance(each.type, Object) and collection.children(each.type) and not again:
            yield from leaves(collection, each.type, (*path, each.name), fields)
        else:
            yield (*path, each.name), fields


def option(flag: str, parameter: str, path: Path, rest: str, fields: tuple[Field, ...]) -> FieldOption:
    """Return the option of a field."""
    field = fields[-1]
    many = isinstance(field.type, Array) and is_scalar(field.type.items)
    type = field.type.items if many and isinstance(field.type, Array) else field.type
    required = all(each.required for each in fields)
    description = " ".join((field.description or "").split())
    return FieldOption(flag, parameter, path, rest, type, many, required, description)


def is_scalar(type: Type) -> bool:
    """Return whether one argument holds a value of this type."""
    return not isinstance(type, Object | Array | Union | Anything)


def form_of(type: Type) -> str:
    """Return what an option takes, for the help."""
    match type:
        case Text() | Enum():
            return "TEXT"
        case Integer():
            return "INTEGER"
        case Number():
            return "NUMBER"
        case Boolean():
            return "true|false"
        case DateTime():
            return "DATE-TIME"
        case Date():
            return "DATE"
        case Time():
            return "TIME"
        case Uuid():
            return "UUID"
        case Object() | Array() | Union() | Anything():
            return "JSON"
        case _:
            assert_never(type)


def choices_of(type: Type) -> tuple[str, ...]:
    """Return the only values that an option takes, nothing when they are too many to list."""
    match type:
        case Boolean():
            return ("true", "false")
        case Enum(values=values) if len(values) <= CHOICES:
            return tuple(each.value for each in values)
        case _:
            return ()


def value_of(option: FieldOption, text: str) -> Json:
    """Return the JSON value that an argument stands for.

    Raises: `BadParameter` when it is no number, or no JSON.
    """
    match option.type:
        case Text() | Enum() | DateTime() | Date() | Time() | Uuid():
            return text
        case Integer() | Number() | Boolean() | Object() | Array() | Union() | Anything():
            try:
                return loads(text)
            except ValueError:
                raise typer.BadParameter(f"{text!r} is not {wanted(option.type)}", param_hint=option.flag) from None
        case _:
            assert_never(option.type)


def wanted(type: Type) -> str:
    """Return what an argument should have been."""
    match type:
        case Integer() | Number():
            return "a number"
        case Boolean():
            return "true or false"
        case _:
            return "JSON"


def document_of(
    options: Sequence[FieldOption], given: Mapping[str, object], document: Json, unset: Sequence[str] = ()
) -> Json:
    """Return the document with the given options put in, and null at what is `unset` (by its option's name).

    Raises: `BadParameter` for a value of the wrong form, `InvalidRequest` when the document is not an object.
    """
    by_flag = {each.flag: each for each in options}
    for each in options:
        found = given.get(each.parameter)
        if isinstance(found, str):
            document = placed(document, each.path, value_of(each, found))
        elif isinstance(found, list) and found:
            values: list[Json] = [value_of(each, text) for text in cast("list[str]", found)]
            document = placed(document, each.path, values)
    for name in unset:
        each = by_flag.get(f"--{name.removeprefix('--')}")
        if each is None:
            raise typer.BadParameter(f"there is no option --{name}", param_hint="--unset")
        document = placed(document, each.path, None)
    return document


def placed(document: Json, path: Path, value: Json) -> Json:
    """Return the document with a value at a path."""
    if not path:
        return value
    if document is not None and not isinstance(document, dict):
        raise InvalidRequest("the document is not an object, so options cannot be put into it")
    members = dict(document or {})
    members[path[0]] = placed(members.get(path[0]), path[1:], value)
    return members


def parameters_of(options: Sequence[FieldOption], *, filters: bool) -> list[inspect.Parameter]:
    """Return the options as parameters of a command; as `filters`, each takes text and stands any number of times."""
    return [parameter_of(each, filters=filters) for each in options if not filters or is_scalar(each.type)]


def parameter_of(option: FieldOption, *, filters: bool) -> inspect.Parameter:
    """Return one option as a parameter."""
    choices = choices_of(option.type)
    single: Any = Literal[choices] if choices and not filters else str
    many = option.many or filters
    note = " Required." if option.required and not filters else ""
    several = " Once for each element." if option.many and not filters else ""
    listed = f" One of {', '.join(choices)}." if filters and choices else ""
    info = typer.Option(
        option.flag,
        metavar=None if choices and not filters else form_of(option.type),
        help=f"{option.description[:200]}{note}{several}{listed}".strip() or None,
        show_default=False,
    )
    annotation: Any = Annotated[list[single] if many else single | None, info]
    return inspect.Parameter(option.parameter, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def with_parameters(command: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> Callable[..., Any]:
    """Return the command with these parameters beside its own; it gets them as keywords."""
    declared = inspect.signature(command, eval_str=True).parameters.values()
    own = [each for each in declared if each.kind != inspect.Parameter.VAR_KEYWORD]

    def wrapped(**given: object) -> object:
        return command(**given)

    wrapped.__name__ = getattr(command, "__name__", "command")
    wrapped.__doc__ = command.__doc__
    kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    wrapped.__signature__ = inspect.Signature([*kept, *parameters])
    wrapped.__annotations__ = {}
    return wrapped

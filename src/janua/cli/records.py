"""`records COLLECTION list|get|add|update|delete`: commands made from a collection's schema when they run.

In: the arguments after `records`. A little command tree is built for the collection, read by typer like any other, and
gives back the work to do. Start at `records`.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

import typer

from janua.api.wire import json_bytes, json_object
from janua.cli.field_options import (
    FieldOption,
    document_of,
    options_of,
    parameters_of,
    with_parameters,
)
from janua.cli.opening import opened
from janua.cli.places import Place
from janua.cli.terminal import indented, note, print_line, print_table, shown
from janua.cli.transfer import read_where
from janua.gateway import queries
from janua.gateway import records as verbs
from janua.gateway.answers import PageAnswer, Precondition, RecordAnswer
from janua.gateway.gateway import Gateway
from janua.model.collection import Collection
from janua.model.json import dumps, loads
from janua.model.patch import MergePatch
from janua.model.types import Json
from janua.query.ast import PageRequest, ReadQuery
from janua.query.operators import MEANINGS
from janua.query.parse import parse_names, parse_short, parse_sort
from janua.registry.document import Document, read_document

Work = Callable[[Gateway], Awaitable[None]]
COLUMNS = 8  # fields in a table
USAGE = "janua records COLLECTION list|get|add|update|delete [OPTIONS]"
MORE = "Also --dsn, --data and --json, as everywhere."

Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id.")]
Fields = Annotated[str | None, typer.Option("--fields", metavar="A,B.C", help="Only these fields.")]
Include = Annotated[str | None, typer.Option("--include", metavar="A,B.C", help="Related records, too.")]
IfVersion = Annotated[int | None, typer.Option("--if-version", help="Only if the record has this version.")]
Given = Annotated[
    str | None,
    typer.Option("--json-document", metavar="JSON|@FILE|-", help="The document as JSON; options are put into it."),
]


async def records(place: Place, arguments: Sequence[str], *, as_json: bool) -> int:
    """Run one command on the records of a collection; return the exit code."""
    name = next(iter(arguments), "--help")
    if name.startswith("-"):
        print_line(
            f"Usage: {USAGE}\n\nThe options come from the schema: {USAGE.split('|', maxsplit=1)[0]} --help\n{MORE}"
        )
        return 0 if name in ("--help", "-h") else 2
    async with opened(place) as gateway:
        collection = gateway.live.catalog.collection(name)
        tree = Tree(collection, as_json=as_json)
        work = tree.app(list(arguments[1:]), prog_name=f"janua records {name}", standalone_mode=False)
        if isinstance(work, int):
            return work
        if work is not None:
            await work(gateway)
    return 0


class Tree:
    """The commands on one collection; each returns the work to do with a gateway."""

    def __init__(self, collection: Collection, *, as_json: bool) -> None:
        self.name = collection.name
        self.options = options_of(collection)
        self.as_json = as_json
        # Descriptions come from schemas: they are text, not rich's markup.
        self.app = typer.Typer(
            help=collection.description or f"Records of {collection.name}.",
            epilog=MORE,
            add_completion=False,
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings={"help_option_names": ["--help", "-h"]},
        )
        loose = {"ignore_unknown_options": True, "allow_extra_args": True}
        filters = parameters_of(self.options, filters=True)
        values = parameters_of(self.options, filters=False)
        self.app.command("list", context_settings=loose, epilog=FILTERS)(with_parameters(self.list_, filters))
        self.app.command("get", epilog=MORE)(self.get)
        self.app.command("add", epilog=MORE)(with_parameters(self.add, values))
        changed = parameters_of([replace(each, required=False) for each in self.options], filters=False)
        self.app.command("update", epilog=MORE)(with_parameters(self.update, changed))
        self.app.command("delete", epilog=MORE)(self.delete)

    def list_(
        self,
        context: typer.Context,
        where: Annotated[str | None, typer.Option("--where", help="A filter, as JSON or as a=b&c[gte]=d.")] = None,
        sort: Annotated[str | None, typer.Option("--sort", metavar="-A,B", help="Order; - is descending.")] = None,
        limit: Annotated[int | None, typer.Option("--limit", help="Records at most.")] = None,
        after: Annotated[str | None, typer.Option("--after", help="Cursor of the page before.")] = None,
        before: Annotated[str | None, typer.Option("--before", help="Cursor of the page after.")] = None,
        fields: Fields = None,
        include: Include = None,
        count: Annotated[bool, typer.Option("--count", help="Count all that match.")] = False,
        **given: object,
    ) -> Work:
        """List the records that match, one page."""
        filters, short = read_where(where)
        named = [
            (f"{each.rest}[has]" if each.many else each.rest, text)
            for each in self.options
            for text in texts_of(given, each)
        ]
        both = [each for each in (short, parse_short([*named, *self.loose_filters(context.args)])) if each is not None]
        query = ReadQuery(
            self.name,
            where=filters,
            order=parse_sort(sort or ""),
            page=PageRequest(first=limit, after=after, before=before),
            fields=parse_names("fields", fields) if fields else None,
            include=parse_names("include", include or ""),
            count=count,
            short={"_and": both} if both else None,
        )

        async def work(gateway: Gateway) -> None:
            self.print_page(await queries.read(gateway, query))

        return work

    def loose_filters(self, arguments: Sequence[str]) -> list[tuple[str, str]]:
        """Return the filters among arguments that are no declared options, in the short form of REST."""
        return [(self.spelled(flag), value) for flag, value in pairs_of(arguments)]

    def spelled(self, flag: str) -> str:
        """Return a filter's name in the short form: `--price.gte` is `price[gte]`."""
        path, _, last = flag.rpartition(".")
        if last not in MEANINGS:
            return flag.removeprefix("--")
        rest = next((each.rest for each in self.options if each.flag == path), path.removeprefix("--"))
        return f"{rest}[{last}]"

    def get(self, id: Id, fields: Fields = None, include: Include = None) -> Work:
        """Show one record."""

        async def work(gateway: Gateway) -> None:
            names = parse_names("fields", fields) if fields else None
            related = parse_names("include", include or "")
            self.print_record(await verbs.fetch(gateway, self.name, id, fields=names, include=related))

        return work

    def add(
        self,
        id: Annotated[str | None, typer.Option("--id", help="Its id, a UUID; without, one is made.")] = None,
        json_document: Given = None,
        **given: object,
    ) -> Work:
        """Store a new record."""
        document = document_of(self.options, given, read_json(json_document) if json_document else {})

        async def work(gateway: Gateway) -> None:
            self.print_record(await verbs.create(gateway, self.name, encoded(gateway, document), id=id))

        return work

    def update(
        self,
        id: Id,
        unset: Annotated[list[str] | None, typer.Option("--unset", metavar="FIELD", help="Remove a field.")] = None,
        json_document: Given = None,
        if_version: IfVersion = None,
        **given: object,
    ) -> Work:
        """Change fields of a record; --json-document is a merge patch (RFC 7396)."""
        patch = document_of(self.options, given, read_json(json_document) if json_document else {}, unset or ())
        if patch == {}:
            raise typer.BadParameter("name at least one field to change")

        async def work(gateway: Gateway) -> None:
            change = MergePatch(encoded(gateway, patch).value)
            condition = precondition(if_version)
            self.print_record(await verbs.patch(gateway, self.name, id, change, precondition=condition))

        return work

    def delete(self, id: Id, if_version: IfVersion = None) -> Work:
        """Remove a record."""

        async def work(gateway: Gateway) -> None:
            await verbs.delete(gateway, self.name, id, precondition=precondition(if_version))
            print_line(dumps({"deleted": id}) if self.as_json else f"deleted {id}")

        return work

    def print_record(self, record: RecordAnswer) -> None:
        """Print one record: as PostgreSQL wrote it, or over several lines."""
        print_line(record.text if self.as_json else indented(loads(record.text)))

    def print_page(self, page: PageAnswer) -> None:
        """Print a page as REST answers it, or as a table."""
        if self.as_json:
            position = {"next": page.next, "previous": page.previous, "total": page.total}
            print_line(json_object(items=page.items, page=json_bytes(position).decode()).decode())
            return
        found = loads(page.items)
        items = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        columns = columns_of(self.options, items)
        rows = [[shown(each["id"]), *(shown(at(each["data"], path)) for path in columns.values())] for each in items]
        print_table(["ID", *columns], rows, empty="No record matches.")
        if page.total is not None:
            note(f"{page.total} in all")
        if page.next is not None:
            note(f"there are more: --after {page.next}")


FILTERS = f"""Each field's option filters by equality, of a list by an element; with an operator at its end, by that:
--price.gte 10, --title.icontains dune, --tags.hasAny a,b, also through relations: --author.country NL. Operators:
{", ".join(MEANINGS)}. {MORE}"""


def texts_of(given: Mapping[str, object], option: FieldOption) -> list[str]:
    """Return the values that an option of a filter was given."""
    found = given.get(option.parameter)
    return cast("list[str]", found) if isinstance(found, list) else []


def pairs_of(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Return options that are not declared and their values: `--price.gte 10`, `--author.country=NL`.

    Raises: `BadParameter` for an argument that is not an option with a value.
    """
    found: list[tuple[str, str]] = []
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        if not flag.startswith("--") or flag == "--":
            raise typer.BadParameter(f"{flag!r} is not an option; a filter is --FIELD VALUE")
        if not equals:
            if not rest:
                raise typer.BadParameter("needs a value", param_hint=flag)
            value = rest.pop(0)
        found.append((flag, value))
    return found


def read_json(text: str) -> Json:
    """Return the JSON of an argument, of `@FILE`, or of standard input for `-`.

    Raises: `BadParameter` when it is not JSON.
    """
    match text[:1]:
        case "-" if text == "-":
            source = sys.stdin.read()
        case "@":
            source = Path(text[1:]).read_text(encoding="utf-8")
        case _:
            source = text
    try:
        return loads(source)
    except ValueError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint="--json-document") from None


def encoded(gateway: Gateway, value: Json) -> Document:
    """Return a value as a document that can be stored.

    Raises: `UnstorableDocument`, `DocumentTooLarge`.
    """
    return read_document(dumps(value).encode(), gateway.document_limits)


def precondition(version: int | None) -> Precondition:
    """Return the condition that the record has this version."""
    return Precondition() if version is None else Precondition(match=frozenset({version}))


def columns_of(options: Sequence[FieldOption], items: Sequence[Mapping[str, Json]]) -> dict[str, tuple[str, ...]]:
    """Return the columns of a table: declared fields that some record has, then others, in all not too many."""
    declared = {each.rest.upper(): each.path for each in options}
    tops = {path[0] for path in declared.values()}
    names = dict.fromkeys(name for each in items if isinstance(data := each["data"], dict) for name in data)
    others = {name.upper(): (name,) for name in names if name not in tops}
    present = {
        title: path
        for title, path in (declared | others).items()
        if any(at(each["data"], path) is not None for each in items)
    }
    return dict(list(present.items())[:COLUMNS])


def at(value: Json, path: tuple[str, ...]) -> Json:
    """Return what is at a path, None when nothing is."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value

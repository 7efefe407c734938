"""The command tree: what each command takes, and the module that does it.

Only the standard library and typer are imported at the top: the modules that do the work load the gateway, and with
it half a second of libraries, when a command runs.
"""

import asyncio
import gc
from pathlib import Path
from typing import Annotated, Literal

import typer

from janua import __version__
from janua.cli.places import Place

app = typer.Typer(
    name="janua",
    help="One JSON Schema becomes storage, validation, a GraphQL API, a REST API and documentation.",
    epilog="--debug, anywhere, shows the traceback of an error.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
)

Dsn = Annotated[
    str | None,
    typer.Option("--dsn", metavar="URL", help="PostgreSQL to use instead of the embedded one; JANUA_DATABASE__DSN."),
]
Data = Annotated[Path | None, typer.Option("--data", help="Directory of the embedded PostgreSQL (.janua).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on (127.0.0.1).")]
Port = Annotated[int | None, typer.Option("--port", "-p", min=0, max=65535, help="Port to listen on (8080); 0: any.")]
Name = Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's name.")]
SchemaFiles = Annotated[
    list[Path], typer.Argument(metavar="DIR|FILES…", help="Schema files (.json, .yaml), or directories of them.")
]
Where = Annotated[str | None, typer.Option("--where", help='A filter: \'{"price": {"gte": 10}}\'.')]
WholeRecords = Annotated[bool, typer.Option("--records", help="Whole records, with their ids, not bare documents.")]
Format = Annotated[
    Literal["ndjson", "json", "sqlite"] | None, typer.Option("--format", help="What the file is, whatever its name.")
]


def show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"janua {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One JSON Schema becomes storage, validation, a GraphQL API, a REST API and documentation."""


@app.command()
def dev(
    port: Port = None,
    host: Host = None,
    data: Data = None,
    schemas: Annotated[
        Path | None, typer.Option("--schemas", help="Directory of schema files to apply, again when saved (schemas).")
    ] = None,
    dsn: Dsn = None,
) -> int:
    """Serve for development: embedded PostgreSQL, migrations, the schemas of a directory, API documentation."""
    from janua.cli.development import dev as work

    return asyncio.run(work(Place(dsn, data), schemas=schemas, host=host, port=port))


@app.command()
def serve(
    port: Port = None,
    host: Host = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Worker processes (1).")] = None,
) -> int:
    """Serve in production: needs JANUA_DATABASE__DSN, and a database that `janua migrate` has been run on."""
    # Nothing of what is loaded now is garbage, so that looking for some is in vain until the application serves.
    gc.disable()
    from janua.cli.server import serve as work

    return work(host=host, port=port, workers=workers)


@app.command()
def migrate(dsn: Dsn = None, data: Data = None, json: AsJson = False) -> None:
    """Bring Janua's own tables to the version that this Janua needs."""
    from janua.cli.operations import migrate as work

    asyncio.run(work(Place(dsn, data), as_json=json))


@app.command()
def apply(
    files: SchemaFiles,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and report, store nothing.")] = False,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> int:
    """Register schema files, all or none; a file's name is its collection: `books.json`, `books.schema.yaml`."""
    from janua.cli.registry import apply as work

    return asyncio.run(work(Place(dsn, data), files, dry_run=dry_run, as_json=json))


@app.command()
def check(files: SchemaFiles, dsn: Dsn = None, data: Data = None, json: AsJson = False) -> int:
    """Say what registering schema files would change; exit 1 when the rules or the stored records refuse it."""
    from janua.cli.registry import check as work

    return asyncio.run(work(Place(dsn, data), files, as_json=json))


@app.command()
def evolve(
    collection: Name,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The new schema, and the steps that lead there (.json, .yaml)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, store nothing.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say how far it is.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="Have it rest.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with one that rests or has failed.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Leave all records as they are.")] = False,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> int:
    """Bring the stored records of a collection to a new schema by steps: all of them at once, or none."""
    from janua.cli.evolve import Verb, Wish
    from janua.cli.evolve import evolve as work

    given: dict[Verb, bool] = {"status": status, "pause": pause, "resume": resume, "abort": abort}
    wish = Wish(file, tuple(verb for verb, is_given in given.items() if is_given), dry_run)
    return asyncio.run(work(Place(dsn, data), collection, wish, as_json=json))


@app.command("list")
def list_(dsn: Dsn = None, data: Data = None, json: AsJson = False) -> None:
    """List the collections."""
    from janua.cli.registry import list_collections as work

    asyncio.run(work(Place(dsn, data), as_json=json))


@app.command()
def show(collection: Name, dsn: Dsn = None, data: Data = None, json: AsJson = False) -> None:
    """Show a collection: its fields, relations, indexes and schema versions."""
    from janua.cli.registry import show as work

    asyncio.run(work(Place(dsn, data), collection, as_json=json))


@app.command()
def drop(
    collections: Annotated[list[str], typer.Argument(metavar="COLLECTION…", help="The collections' names.")],
    records: Annotated[bool, typer.Option("--records", help="Even if they hold records.")] = False,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Forget collections, their schema versions and their records: all of them, or none."""
    from janua.cli.registry import drop as work

    asyncio.run(work(Place(dsn, data), collections, with_records=records, as_json=json))


@app.command("import")
def import_(
    collection: Name,
    file: Annotated[
        Path, typer.Argument(metavar="FILE|-", help="NDJSON, a JSON array, or an SQLite file; -: standard input.")
    ],
    records: WholeRecords = False,
    on_error: Annotated[
        Literal["abort", "skip"], typer.Option("--on-error", help="At a document that cannot be taken.")
    ] = "abort",
    on_conflict: Annotated[
        str | None, typer.Option("--on-conflict", metavar="FIELD", help="Unique field by which records are replaced.")
    ] = None,
    table: Annotated[str | None, typer.Option("--table", help="Table of the SQLite file.")] = None,
    format: Format = None,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Import documents into a collection, in one transaction."""
    from janua.cli.transfer import Taken, import_file

    taken = Taken(records=records, on_error=on_error, on_conflict=on_conflict, table=table)
    asyncio.run(import_file(Place(dsn, data), collection, file, format, taken, as_json=json))


@app.command()
def export(
    collection: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="Its name says what it is: .ndjson, .json, .sqlite.")],
    records: WholeRecords = False,
    where: Where = None,
    format: Format = None,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Export a collection as it is at one moment; a file that is there is replaced when the new one is complete."""
    from janua.cli.transfer import export_file

    place = Place(dsn, data)
    asyncio.run(export_file(place, collection, file, format, where=where, records=records, as_json=json))


@app.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True},
    options_metavar="COLLECTION list|get|add|update|delete [OPTIONS]",
)
def records(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="", hidden=True)] = None,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> int:
    """Read and write the records of a collection, with options made from its schema."""
    from janua.cli.records import records as work

    return asyncio.run(work(Place(dsn, data), arguments or [], as_json=json))


@app.command()
def openapi(
    collection: Annotated[str | None, typer.Argument(metavar="[COLLECTION]", help="Only this collection.")] = None,
    dsn: Dsn = None,
    data: Data = None,
) -> None:
    """Print the OpenAPI description of the REST API."""
    from janua.cli.registry import openapi as work

    asyncio.run(work(Place(dsn, data), collection))


@app.command()
def sdl(
    collection: Annotated[
        str | None, typer.Argument(metavar="[COLLECTION]", help="Only this collection and what it relates to.")
    ] = None,
    dsn: Dsn = None,
    data: Data = None,
) -> None:
    """Print the GraphQL schema."""
    from janua.cli.registry import sdl as work

    asyncio.run(work(Place(dsn, data), collection))


@app.command()
def client(
    collection: Annotated[str | None, typer.Argument(metavar="[COLLECTION]", help="Only this collection.")] = None,
    dsn: Dsn = None,
    data: Data = None,
) -> None:
    """Print a typed client in Python: one module that needs only the standard library."""
    from janua.cli.registry import client as work

    asyncio.run(work(Place(dsn, data), collection))


@app.command()
def doctor(
    records: Annotated[
        bool, typer.Option("--records", help="Validate every record, and compare covering indexes with them.")
    ] = False,
    prod: Annotated[bool, typer.Option("--prod", help="Look at the settings for production instead.")] = False,
    dsn: Dsn = None,
    data: Data = None,
    json: AsJson = False,
) -> int:
    """Say where registry, tables, indexes and records disagree, or what the settings leave open; exit 1 if they do."""
    from janua.cli.doctor import doctor as work
    from janua.cli.doctor import doctor_of_settings

    if prod:
        return doctor_of_settings(Place(dsn, data), as_json=json)
    return asyncio.run(work(Place(dsn, data), records=records, as_json=json))


@app.command()
def config(dsn: Dsn = None, data: Data = None, json: AsJson = False) -> None:
    """Print the settings in effect; secrets are masked."""
    from janua.cli.operations import config as work

    work(Place(dsn, data), as_json=json)

"""`migrate` and `config`: what an operator does before the server runs."""

from janua.api.wire import plain
from janua.cli.places import Place
from janua.cli.settings import settings_of
from janua.cli.terminal import print_json, print_line, print_table, shown
from janua.config import Settings, effective
from janua.gateway.builtin import ensure_records
from janua.gateway.gateway import open_gateway
from janua.storage import embedded, migrations
from janua.storage.pool import dsn_of


async def migrate(place: Place, *, as_json: bool) -> None:
    """Apply the migrations that the database lacks, and say which.

    Raises: `DatabaseUnavailable`, `StatementConflict`.
    """
    settings = settings_of(place)
    if settings.database.dsn is None:
        async with embedded.running(settings.dev.data, share=True) as server:
            before, after = await migrated(settings.with_dsn(server.dsn))
    else:
        before, after = await migrated(settings)
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        print_line(f"The database is at migration {after}: there is nothing to do.")
    else:
        print_line(f"The database went from migration {before} to {after}.")


async def migrated(settings: Settings) -> tuple[int, int]:
    """Migrate a database and give it the generic collection; return the versions before and after."""
    found = await migrations.migrate(dsn_of(settings.database))
    async with open_gateway(settings, name="cli") as gateway:
        await ensure_records(gateway)
    return found


def config(place: Place, *, as_json: bool) -> None:
    """Print the settings in effect.

    Raises: `InvalidConfiguration`.
    """
    sections = effective(settings_of(place))
    if as_json:
        print_json(sections)
        return
    rows = [
        [f"{section}.{name}", "" if value is None else shown(plain(value))]
        for section, values in sections.items()
        for name, value in values.items()
    ]
    print_table(["SETTING", "VALUE"], rows, empty="")

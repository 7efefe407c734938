"""`migrate` and `config`: what an operator does before the server runs."""

from janua.cli.opening import dsn_of, settings_of
from janua.cli.places import Place
from janua.api.wire import plain
from janua.cli.terminal import print_json, print_line, print_table, shown
from janua.config import effective
from janua.storage import embedded, migrations


async def migrate(place: Place, *, as_json: bool) -> None:
    """Apply the migrations that the database lacks, and say which.

    Raises: `DatabaseUnavailable`, `StatementConflict`.
    """
    settings = settings_of(place)
    if settings.database.dsn is None:
        async with embedded.running(settings.dev.data, share=True) as server:
            before, after = await migrations.migrate(server.dsn)
    else:
        before, after = await migrations.migrate(dsn_of(settings))
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        print_line(f"The database is at migration {after}: there is nothing to do.")
    else:
        print_line(f"The database went from migration {before} to {after}.")


def config(place: Place, *, as_json: bool) -> None:
    """Print the settings in effect.

    Raises: `InvalidConfiguration`.
    """
    shown = effective(settings_of(place))
    if as_json:
        print_json(shown)
        return
    rows = [
        [f"{section}.{name}", "" if value is None else shown(plain(value))]
        for section, values in shown.items()
        for name, value in values.items()
    ]
    print_table(["SETTING", "VALUE"], rows, empty="")

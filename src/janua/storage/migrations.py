"""Bring Janua's own tables to the version that this Janua needs, by yandex-pgmigrate.

In: the files `migrations/V0001__….sql`, in the wheel or beside `src` in a checkout, and a DSN. Out: the tables, and
`janua.schema_version`, where pgmigrate notes what it applied. Start at `migrate`; `require_current` is for processes
that must not change the database.
"""

import asyncio
from argparse import Namespace
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions

from janua.errors import DatabaseBehind, DatabaseUnavailable, StatementConflict
from janua.storage.pool import probe

pgmigrate: Any = import_module("pgmigrate")  # it has no types
LOCK = 0x6A616E7561  # "janua": the advisory lock of the one process that migrates a database
PATIENCE = 120  # seconds to wait for it


async def migrate(dsn: str) -> tuple[int, int]:
    """Apply all missing migrations, in one transaction; return the versions before and after.

    Of two processes at once, the second waits for the first and then finds nothing to do.
    Raises: `DatabaseUnavailable`, `InvalidConfiguration`, `StatementConflict` after two minutes of waiting.
    """
    await probe(dsn)  # psycopg2 says only in words why it cannot connect
    return await asyncio.to_thread(apply, dsn)


async def state(dsn: str) -> tuple[int, int]:
    """Return the migration that the database is at, 0 for none, and the one that this Janua needs.

    Raises: `DatabaseUnavailable`, `InvalidConfiguration`.
    """
    await probe(dsn)
    return await asyncio.to_thread(versions, dsn)


async def require_current(dsn: str) -> None:
    """Refuse a database that lacks migrations; one that has more than this Janua knows is none of its business.

    Raises: `DatabaseBehind`, `DatabaseUnavailable`, `InvalidConfiguration`.
    """
    found, needed = await state(dsn)
    if found < needed:
        raise DatabaseBehind(found, needed)


def apply(dsn: str) -> tuple[int, int]:
    """Do the work of `migrate`, in this thread."""
    with closing(connect(dsn)) as guard, guard.cursor() as cursor:
        try:
            cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
            cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        except psycopg2.errors.LockNotAvailable as error:
            raise StatementConflict from error
        found, needed = versions(dsn)
        if found < needed:
            with closing(Run(dsn)) as run:
                pgmigrate.migrate(run.config)
        return found, max(found, needed)


def versions(dsn: str) -> tuple[int, int]:
    """Do the work of `state`, in this thread."""
    with closing(Run(dsn)) as run:
        known: dict[int, Any] = pgmigrate.info(run.config, stdout=False)
    applied = [version for version, each in known.items() if each.meta["installed_on"] is not None]
    return max(applied, default=0), latest()


class Run:
    """One run of pgmigrate, which opens a connection with its configuration and closes it only when all goes well."""

    def __init__(self, dsn: str) -> None:
        base = str(home())
        # Its first argument only says where a configuration file may be; the migrations are where `base_dir` says.
        options = Namespace(base_dir=base, conn=dsn, target="latest", schema="janua", disable_schema_check=True)
        try:
            self.config: Any = pgmigrate.get_config(base, options)
        except psycopg2.OperationalError as error:
            raise DatabaseUnavailable from error

    def close(self) -> None:
        """Close the connection, rolling back what is open."""
        self.config.conn_instance.close()


def connect(dsn: str) -> psycopg2.extensions.connection:
    """Open a connection of psycopg2 in autocommit mode."""
    try:
        connection = psycopg2.connect(dsn)
    except psycopg2.OperationalError as error:
        raise DatabaseUnavailable from error
    connection.autocommit = True
    return connection


def latest() -> int:
    """Return the version of the newest migration in the files."""
    return max(int(file.name[1:].partition("__")[0]) for file in (home() / "migrations").glob("V*__*.sql"))


def home() -> Path:
    """Return the directory that holds `migrations`: the package in a wheel, the top of a checkout otherwise."""
    package = Path(__file__).parents[1]
    return package if (package / "migrations").is_dir() else package.parents[1]

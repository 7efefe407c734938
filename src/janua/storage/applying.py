"""The work of `migrations.migrate`, with yandex-pgmigrate and psycopg2, in a thread of its own: `apply`.

Only who migrates needs the two: they take a tenth of a second to import, which a server that starts does not have.
"""

from argparse import Namespace
from contextlib import closing
from importlib import import_module
from typing import Any

import psycopg2
import psycopg2.extensions

from janua.errors import DatabaseUnavailable, StatementConflict
from janua.storage.migrations import home, latest

pgmigrate: Any = import_module("pgmigrate")  # it has no types
LOCK = 0x6A616E7561  # "janua": the advisory lock of the one process that migrates a database
PATIENCE = 120  # seconds to wait for it


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

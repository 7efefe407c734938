"""Bring Janua's own tables to the version that this Janua needs, by yandex-pgmigrate.

In: the files `migrations/V0001__….sql`, in the wheel or beside `src` in a checkout, and a DSN. Out: the tables, and
`janua.schema_version`, where pgmigrate notes what it applied. Start at `migrate`, whose work `applying` does;
`require_current` is for processes that must not change the database.
"""

import asyncio
from pathlib import Path

from janua.errors import DatabaseBehind
from janua.storage.pool import Connection, probe

IS_NEW = "SELECT to_regclass('janua.schema_version') IS NULL"
FOUND = "SELECT coalesce(max(version), 0) FROM janua.schema_version WHERE installed_on IS NOT NULL"


async def migrate(dsn: str) -> tuple[int, int]:
    """Apply all missing migrations, in one transaction; return the versions before and after.

    Of two processes at once, the second waits for the first and then finds nothing to do.
    Raises: `DatabaseUnavailable`, `InvalidConfiguration`, `StatementConflict` after two minutes of waiting.
    """
    from janua.storage.applying import apply  # noqa: PLC0415 -- servers do not migrate, and start sooner without

    await probe(dsn)  # psycopg2 says only in words why it cannot connect
    return await asyncio.to_thread(apply, dsn)


async def state(connection: Connection) -> tuple[int, int]:
    """Return the migration that the database is at, 0 for none, and the one that this Janua needs."""
    return 0 if await connection.fetchval(IS_NEW) else await connection.fetchval(FOUND), latest()


async def require_current(connection: Connection) -> None:
    """Refuse a database that lacks migrations; one that has more than this Janua knows is none of its business.

    Raises: `DatabaseBehind`.
    """
    found, needed = await state(connection)
    if found < needed:
        raise DatabaseBehind(found, needed)


def latest() -> int:
    """Return the version of the newest migration in the files."""
    return max(int(file.name[1:].partition("__")[0]) for file in (home() / "migrations").glob("V*__*.sql"))


def home() -> Path:
    """Return the directory that holds `migrations`: the package in a wheel, the top of a checkout otherwise."""
    package = Path(__file__).parents[1]
    return package if (package / "migrations").is_dir() else package.parents[1]

"""What PostgreSQL's own catalog says is in the schema `collections`. Start at `load_parts`."""

from collections.abc import Mapping

from janua.sql.inventory import Part
from janua.storage.pool import Connection

_PARTS = """
    WITH tables AS (
        SELECT c.oid, c.relname FROM pg_class c
        WHERE c.relnamespace = 'collections'::regnamespace AND c.relkind IN ('r', 'p')
    )
    SELECT 'table', relname, '', '' FROM tables
    UNION ALL
    SELECT 'column', t.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || CASE a.attgenerated WHEN '' THEN '' ELSE ' generated' END
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'constraint', t.relname, k.conname, CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'f' THEN 'foreign key'
        ELSE k.contype::text END || CASE WHEN k.convalidated THEN '' ELSE ' not validated' END
    FROM tables t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype <> 'n'
    UNION ALL
    SELECT 'index', t.relname, x.relname, CASE WHEN i.indisvalid AND i.indisready THEN 'valid' ELSE 'invalid' END
    FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = i.indexrelid
    UNION ALL
    SELECT 'function', '', p.proname, '' FROM pg_proc p WHERE p.pronamespace = 'collections'::regnamespace
    UNION ALL
    SELECT 'trigger', t.relname, g.tgname, CASE g.tgenabled WHEN 'O' THEN 'enabled' ELSE 'disabled' END
    FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
"""


async def load_parts(connection: Connection) -> set[Part]:
    """Return everything in the schema `collections`, declared indexes included."""
    return {Part(*row) for row in await connection.fetch(_PARTS)}


async def load_unversioned(connection: Connection) -> Mapping[str, int]:
    """Return the collections whose current schema version is not stored: name → version."""
    rows = await connection.fetch(
        "SELECT c.name, c.version FROM janua.collections c WHERE NOT EXISTS (SELECT FROM janua.schema_versions v "
        "WHERE v.collection = c.name AND v.version = c.version) ORDER BY c.name"
    )
    return {row["name"]: row["version"] for row in rows}

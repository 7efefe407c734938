-- Janua's own tables and functions. Collections live in the schema "collections", a table each.
-- pgmigrate creates the schema janua itself, for its table janua.schema_version, before this runs.

CREATE SCHEMA IF NOT EXISTS janua;
COMMENT ON SCHEMA janua IS 'Janua''s own tables; plain, and meant to be read';

CREATE SCHEMA IF NOT EXISTS collections;
COMMENT ON SCHEMA collections IS 'One table for each registered collection, made and changed by Janua only';

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- btree_gin is not everywhere; without it a gin index cannot mix a scalar with an array, nothing else is lost.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'btree_gin') THEN
        CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;
    END IF;
END
$do$;

CREATE TABLE janua.collections (
    name text PRIMARY KEY,
    version integer NOT NULL,
    revision bigint NOT NULL,
    mode text NOT NULL DEFAULT 'backward',
    evolution text NOT NULL DEFAULT 'data',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE janua.collections IS 'Registered collections, with the number of their current schema version';
COMMENT ON COLUMN janua.collections.version IS 'The current schema version; changed under SHARE ROW EXCLUSIVE on the table of the collection';
COMMENT ON COLUMN janua.collections.revision IS 'The catalog revision that made this version current; never used twice, so writes are guarded by it';
COMMENT ON COLUMN janua.collections.mode IS 'Compatibility mode';
COMMENT ON COLUMN janua.collections.evolution IS 'Evolution policy: data or proof';

CREATE TABLE janua.schema_versions (
    collection text NOT NULL REFERENCES janua.collections (name) ON DELETE CASCADE ON UPDATE CASCADE,
    version integer NOT NULL,
    fingerprint text NOT NULL,
    document json NOT NULL,
    names jsonb NOT NULL,
    "references" jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (collection, version)
);
COMMENT ON TABLE janua.schema_versions IS 'Every schema ever registered; rows are never changed';
COMMENT ON COLUMN janua.schema_versions.document IS 'The JSON Schema as it was given: json, not jsonb, keeps the order of its keys';
COMMENT ON COLUMN janua.schema_versions.names IS 'Pointer of each field to its generated names, kept so that a new field never renames another';
COMMENT ON COLUMN janua.schema_versions."references" IS 'Collection to the version of its schema that a janua: reference means';

CREATE TABLE janua.catalog (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision bigint NOT NULL,
    format integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE janua.catalog IS 'One row: the revision of all collections together; workers reload when it grows';
INSERT INTO janua.catalog (revision) VALUES (0);

CREATE TABLE janua.indexes (
    collection text NOT NULL REFERENCES janua.collections (name) ON DELETE CASCADE ON UPDATE CASCADE,
    name text PRIMARY KEY,
    definition jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('building', 'valid', 'failed')),
    reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE janua.indexes IS 'Indexes that schemas ask for, and how far each of them is';
COMMENT ON COLUMN janua.indexes.reason IS 'Why the last build failed';
CREATE INDEX indexes_collection ON janua.indexes (collection);

CREATE TABLE janua.idempotency (
    scope text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    record_id uuid NOT NULL,
    record_version integer NOT NULL,
    answer text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
COMMENT ON TABLE janua.idempotency IS 'Records as first answered to requests with an Idempotency-Key, kept for idempotency.keep_hours';
COMMENT ON COLUMN janua.idempotency.request_hash IS 'Tells the same request sent again from another one under the same key';
CREATE INDEX idempotency_created_at ON janua.idempotency (created_at);

CREATE TABLE janua.secrets (
    name text PRIMARY KEY,
    value bytea NOT NULL
);
COMMENT ON TABLE janua.secrets IS 'Keys that Janua generated because no setting gave them, such as that of the cursors';
REVOKE ALL ON janua.secrets FROM PUBLIC;

CREATE FUNCTION janua.guard(collection text, expected bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $body$
BEGIN
    IF EXISTS (SELECT FROM janua.collections AS c WHERE c.name = guard.collection AND c.revision = guard.expected) THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'the schema of collection % is not that of catalog revision %', collection, expected
        USING ERRCODE = 'JA001';
END
$body$;
COMMENT ON FUNCTION janua.guard(text, bigint) IS
'True while the collection is at the schema that a write was validated against; else it raises JA001.
Volatile, so that it sees what was committed while the write waited for its lock on the table.';

CREATE FUNCTION janua.instant(value text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
DECLARE
    part text[];
    year integer;
    month integer;
    day integer;
    microseconds bigint;
    ahead integer;
BEGIN
    -- What the cast of PostgreSQL takes for certain, whatever its settings: a hundred times as fast as what follows.
    IF value COLLATE "C" ~ (
        '^(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)'
        || 'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])$')
    THEN
        -- Z is a time zone abbreviation, which a setting may lack.
        RETURN pg_catalog.replace(value, 'Z', '+00:00')::timestamptz;
    END IF;
    part := pg_catalog.regexp_match(
        value COLLATE "C",
        '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)'
        || '(?:\.([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$');
    year := part[1]::integer;
    month := part[2]::integer;
    day := part[3]::integer;
    IF part IS NULL OR year = 0
        OR day = 31 AND month IN (4, 6, 9, 11)
        OR month = 2 AND day > 28 + (year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0))::integer
    THEN
        RETURN NULL;
    END IF;
    microseconds := part[6]::bigint * 1000000 + pg_catalog.rpad(pg_catalog.left(coalesce(part[7], ''), 6), 6, '0')::bigint;
    ahead := coalesce((part[8] || '1')::integer * (part[9]::integer * 60 + part[10]::integer), 0);
    RETURN pg_catalog.timezone('UTC',
        pg_catalog.make_timestamp(year, month, day, part[4]::integer, part[5]::integer, 0)
        + microseconds * interval '1 microsecond'
        - ahead * interval '1 minute');
END
$body$;
COMMENT ON FUNCTION janua.instant(text) IS
'The instant of an RFC 3339 date-time, null for any other text; used in index expressions, so it never raises.
Digits beyond the microsecond are cut off; a leap second is the first second of the next minute.';

CREATE FUNCTION janua.uuid(value text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $body$
    SELECT CASE WHEN value ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'
        THEN value::pg_catalog.uuid END
$body$;
COMMENT ON FUNCTION janua.uuid(text) IS
'The UUID in its usual form of 8-4-4-4-12 hexadecimal digits, null for any other text. PostgreSQL inlines it: not
strict on purpose, for that would prevent it.';

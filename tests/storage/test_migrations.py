"""Janua's own tables: applied once, in order, by one process at a time; and the functions they come with."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from janua.errors import DatabaseBehind, DatabaseUnavailable, InvalidConfiguration
from janua.storage import migrations
from janua.storage.pool import Connection, Pool, connected, connection

pytestmark = pytest.mark.anyio

SHAPES = """
    SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'janua' ORDER BY 1, 2
"""
OF_TEXTS = "SELECT janua.{}(t) AS found FROM unnest($1::text[]) WITH ORDINALITY AS x(t, n) ORDER BY n"


async def test_an_empty_database_is_behind_and_migrating_makes_it_current(empty_database: str) -> None:
    async with connected(empty_database) as lent:
        with pytest.raises(DatabaseBehind) as caught:
            await migrations.require_current(lent)
        assert (caught.value.found, caught.value.needed) == (0, migrations.latest())
        assert await migrations.migrate(empty_database) == (0, migrations.latest())
        await migrations.require_current(lent)
        assert await migrations.state(lent) == (migrations.latest(), migrations.latest())


async def test_migrating_works_from_any_directory(
    empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, needed = await migrations.migrate(empty_database)
    async with connected(empty_database) as lent:
        assert await migrations.state(lent) == (needed, needed)


async def test_migrating_again_changes_nothing(pool: Pool, database: str) -> None:
    async with connection(pool) as lent:
        before = await lent.fetch(SHAPES)
        await lent.execute("UPDATE janua.catalog SET revision = 7")
        await migrations.migrate(database)
        assert await lent.fetch(SHAPES) == before
        assert await lent.fetchval("SELECT revision FROM janua.catalog") == 7
        assert await lent.fetchval("SELECT count(*) FROM janua.schema_version") == migrations.latest()


async def test_processes_that_migrate_at_once_apply_each_migration_once(empty_database: str) -> None:
    outcomes = await asyncio.gather(*(migrations.migrate(empty_database) for _ in range(4)))
    assert sorted(outcomes) == [(0, migrations.latest())] + [(migrations.latest(), migrations.latest())] * 3


async def test_a_failing_migration_leaves_nothing_behind(empty_database: str) -> None:
    rival = await asyncpg.connect(empty_database)
    await rival.execute("CREATE SCHEMA janua; CREATE TABLE janua.secrets (name text)")
    with pytest.raises(RuntimeError):
        await migrations.migrate(empty_database)
    assert await rival.fetchval("SELECT to_regclass('janua.collections')") is None
    await rival.execute("DROP TABLE janua.secrets")
    assert await migrations.migrate(empty_database) == (0, migrations.latest())
    await rival.close()


async def test_an_unreachable_database_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrations.migrate("postgresql://nobody:nothing@127.0.0.1:1/nowhere")


async def test_an_address_that_is_refused_or_malformed_is_an_error_that_says_so(database: str) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"database\.dsn"):
        await migrations.migrate(database.replace("?", "_missing?"))
    with pytest.raises(InvalidConfiguration, match="connection string"):
        await migrations.migrate("http://127.0.0.1")


async def test_every_table_and_function_says_what_it_is_for(pool: Pool) -> None:
    mute = """
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'janua'::regnamespace AND c.relkind = 'r'
        AND c.relname <> 'schema_version' AND obj_description(c.oid, 'pg_class') IS NULL
        UNION ALL
        SELECT p.proname FROM pg_proc p
        WHERE p.pronamespace = 'janua'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
    """
    async with connection(pool) as lent:
        assert await lent.fetch(mute) == []


async def test_the_guard_passes_at_the_expected_revision_only(pool: Pool) -> None:
    async with connection(pool) as lent:
        await lent.execute("INSERT INTO janua.collections (name, version, revision) VALUES ('books', 1, 3)")
        assert await lent.fetchval("SELECT janua.guard('books', 3)") is True
        for collection, revision in [("books", 2), ("books", 4), ("films", 3)]:
            with pytest.raises(asyncpg.PostgresError) as caught:
                await lent.fetchval("SELECT janua.guard($1, $2)", collection, revision)
            assert caught.value.sqlstate == "JA001"


async def test_a_write_that_waited_for_a_registration_meets_the_guard(pool: Pool) -> None:
    """The write began before the registration was committed; the guard must see the newer revision all the same."""
    async with connection(pool) as registering, connection(pool) as writing:
        await registering.execute("CREATE TABLE collections.books (n int)")
        await registering.execute("INSERT INTO janua.collections (name, version, revision) VALUES ('books', 1, 1)")
        registration = registering.transaction()
        await registration.start()
        await registering.execute("LOCK TABLE collections.books IN SHARE ROW EXCLUSIVE MODE")
        await registering.execute("UPDATE janua.collections SET version = 2, revision = 2 WHERE name = 'books'")
        insert = "INSERT INTO collections.books SELECT 1 WHERE janua.guard('books', 1)"
        write = asyncio.create_task(writing.execute(insert))
        await asyncio.sleep(0.2)
        assert not write.done()
        await registration.commit()
        with pytest.raises(asyncpg.PostgresError) as caught:
            await write
        assert caught.value.sqlstate == "JA001"


async def test_the_uuid_function_is_inlined_and_served_by_an_index_on_itself(pool: Pool) -> None:
    async with connection(pool) as lent:
        await lent.execute("CREATE TABLE collections.t (data jsonb)")
        await lent.execute("CREATE INDEX t_u ON collections.t (janua.uuid(data ->> 'u'))")
        values = "SELECT jsonb_build_object('u', gen_random_uuid()) FROM generate_series(1, 2000)"
        await lent.execute(f"INSERT INTO collections.t {values}")
        await lent.execute("ANALYZE collections.t")
        wanted = "'0190b5f3-6c1e-7b2d-8f4a-1234567890ab'"
        plan = await plan_of(lent, f"SELECT 1 FROM collections.t WHERE janua.uuid(data ->> 'u') = {wanted}")
    assert "Index Cond" in plan
    assert "CASE WHEN" in plan


async def test_an_index_on_instants_serves_ranges_and_order(pool: Pool) -> None:
    async with connection(pool) as lent:
        await lent.execute("CREATE TABLE collections.t (data jsonb)")
        at = "to_jsonb((timestamp '2024-01-01' + i * interval '1 hour') AT TIME ZONE 'UTC')"
        values = f"SELECT jsonb_build_object('at', {at}) FROM generate_series(1, 3000) i"
        await lent.execute(f"INSERT INTO collections.t {values}")
        await lent.execute("CREATE INDEX t_at ON collections.t (janua.instant(data ->> 'at')); ANALYZE collections.t")
        query = "FROM collections.t WHERE janua.instant(data ->> 'at') < '2024-01-02T00:00:00Z'::timestamptz"
        plan = await plan_of(lent, f"SELECT 1 {query} ORDER BY janua.instant(data ->> 'at')")
        assert "Index Cond" in plan
        assert "Sort" not in plan
        assert await lent.fetchval(f"SELECT count(*) {query}") == 23


NOT_INSTANTS = [
    "",
    " ",
    "T",
    "Z",
    "now",
    "infinity",
    "-infinity",
    "epoch",
    "today",
    "allballs",
    "2024",
    "2024-01-01",
    "12:00:00Z",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01T00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:60:00Z",
    "2024-01-01T00:00:61Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+00:60",
    "2024-01-01T00:00:00+0000",
    "2024-01-01T00:00:00+00",
    "2024-01-01T00:00:00 Z",
    "2024-01-01T00:00:00Z ",
    "\n2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z\n",
    "2024-01-01T00:00:00Z\n2024-01-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-32T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "-2024-01-01T00:00:00Z",
    "+2024-01-01T00:00:00Z",
    "12024-01-01T00:00:00Z",
    "2024-01-01T00:00:00EST",
    "2024-01-01T00:00:00Europe/Paris",
    "2024-1-1T0:0:0Z",
    "\uff12\uff10\uff12\uff14-01-01T00:00:00Z",
    "2024-01-01T00:00:00−01:00",
    "2024-W01-1T00:00:00Z",
    "2024-001T00:00:00Z",
    "20240101T000000Z",
    "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00.5.5Z",
    "9" * 5000,
    "2024-01-01T00:00:00." + "1" * 5000,
    "2024-01-01T00:00:00Z BC",
    "J2451187",
    "24-01-01T00:00:00Z",
]

DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


async def test_what_is_not_an_rfc_3339_date_time_is_no_instant(pool: Pool) -> None:
    async with connection(pool) as lent:
        assert [text for text in NOT_INSTANTS if await lent.fetchval("SELECT janua.instant($1)", text)] == []


async def test_an_rfc_3339_date_time_is_its_instant(pool: Pool) -> None:
    instants = [
        ("1985-04-12T23:20:50.52Z", datetime(1985, 4, 12, 23, 20, 50, 520_000, UTC)),  # RFC 3339, section 5.8
        ("1996-12-19T16:39:57-08:00", datetime(1996, 12, 20, 0, 39, 57, 0, UTC)),
        ("1990-12-31T23:59:60Z", datetime(1991, 1, 1, tzinfo=UTC)),
        ("1990-12-31T15:59:60-08:00", datetime(1991, 1, 1, tzinfo=UTC)),
        ("1937-01-01T12:00:27.87+00:20", datetime(1937, 1, 1, 11, 40, 27, 870_000, UTC)),
        ("2024-02-29t00:00:00z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2000-02-29T00:00:00-00:00", datetime(2000, 2, 29, tzinfo=UTC)),
        ("2024-01-01T00:00:00.1234569Z", datetime(2024, 1, 1, 0, 0, 0, 123_456, UTC)),
        ("2024-01-01T00:00:00." + "9" * 3000 + "Z", datetime(2024, 1, 1, 0, 0, 0, 999_999, UTC)),
        ("2024-01-01T00:00:00+23:59", datetime(2023, 12, 31, 0, 1, tzinfo=UTC)),
        ("2024-01-01T00:00:00-15:59", datetime(2024, 1, 1, 15, 59, tzinfo=UTC)),
    ]
    async with connection(pool) as lent:
        assert [(text, await lent.fetchval("SELECT janua.instant($1)", text)) for text, _ in instants] == instants


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59"])
async def test_instants_at_both_ends_of_time_do_not_raise(pool: Pool, text: str) -> None:
    async with connection(pool) as lent:
        assert await lent.fetchval("SELECT janua.instant($1) IS NOT NULL", text)


async def test_instants_do_not_depend_on_the_settings_of_the_session(pool: Pool) -> None:
    text = "2024-03-04T05:06:07.5+05:30"
    async with connection(pool) as lent, lent.transaction():
        expected = await lent.fetchval("SELECT janua.instant($1)", text)
        await lent.execute("SET LOCAL DateStyle = 'German, DMY'; SET LOCAL TimeZone = 'Asia/Kolkata'")
        await lent.execute("SET LOCAL timezone_abbreviations = 'India'; SET LOCAL search_path = ''")
        assert await lent.fetchval("SELECT janua.instant($1)", text) == expected
        assert await lent.fetchval("SELECT janua.instant('2024-03-03T23:36:07.5Z')") == expected


STORABLE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NEARLY_UUIDS = st.one_of(
    st.uuids().map(str), st.uuids().map(lambda u: u.hex), st.from_regex(r"[0-9a-gA-G{}-]{30,40}", fullmatch=True)
)


def near_misses() -> st.SearchStrategy[str]:
    """Texts with the parts of a date-time, each of them in or just out of range."""

    def digits(width: int) -> st.SearchStrategy[str]:
        return st.integers(0, 10**width - 1).map(lambda n: str(n).zfill(width))

    day = st.sampled_from(["00", "01", "28", "29", "30", "31", "32"])
    date = st.tuples(digits(4), st.integers(0, 13).map(lambda n: f"{n:02}"), day).map("-".join)
    time = st.tuples(*(st.sampled_from(["00", "09", "19", "23", "24", "59", "60", "61"]) for _ in range(3))).map(
        ":".join
    )
    fraction = st.sampled_from(["", ".", ".0", ".123456", ".9999999", "." + "7" * 40])
    offset = st.one_of(
        st.sampled_from(["Z", "z", "", "+00", " Z"]),
        st.tuples(st.sampled_from("+-"), st.integers(0, 24), st.integers(0, 60)).map(
            lambda o: f"{o[0]}{o[1]:02}:{o[2]:02}"
        ),
    )
    return st.tuples(date, st.sampled_from(["T", "t", " "]), time, fraction, offset).map("".join)


def expected_instant(text: str) -> datetime | None:
    """Say the same in Python, by the grammar of RFC 3339."""
    if not (match := DATE_TIME.fullmatch(text)):
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    hours, minutes = int(match[9] or 0), int(match[10] or 0)
    if second > 60 or hours > 23 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes) * (-1 if match[8] == "-" else 1)
    try:
        start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return start + timedelta(seconds=second, microseconds=int((match[7] or "").ljust(6, "0")[:6])) - ahead


@examples(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(near_misses(), STORABLE), min_size=20))
async def test_the_instant_of_any_text_is_what_rfc_3339_says(pool: Pool, texts: list[str]) -> None:
    inside = [text for text in texts if not text.startswith(("0001", "9999"))]  # Python's datetime ends there
    async with connection(pool) as lent:
        found = await lent.fetch(OF_TEXTS.format("instant"), inside)
        assert [row["found"] for row in found] == [expected_instant(text) for text in inside]


@examples(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(NEARLY_UUIDS, STORABLE)))
async def test_the_uuid_of_any_text_is_null_unless_it_has_the_usual_form(pool: Pool, texts: list[str]) -> None:
    usual = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
    async with connection(pool) as lent:
        found = await lent.fetch(OF_TEXTS.format("uuid"), texts)
    assert [row["found"] for row in found] == [UUID(text) if usual.fullmatch(text) else None for text in texts]


async def plan_of(lent: Connection, query: str) -> str:
    async with lent.transaction():
        await lent.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        return "\n".join(row[0] for row in await lent.fetch(f"EXPLAIN VERBOSE {query}"))

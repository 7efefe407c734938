"""The embedded PostgreSQL lives exactly as long as its users, and nothing they leave behind stops the next one.

pytest's own directories have mode 700, so that as root these tests also hold what such a home needs.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from janua.errors import DirectoryInUse, EmbeddedFailed
from janua.storage import embedded

pytestmark = pytest.mark.anyio

HOLDER = """
import asyncio, signal, sys
from pathlib import Path
from janua.storage import embedded

async def hold():
    async with embedded.running(Path(sys.argv[1]), share="share" in sys.argv) as server:
        if "deaf" in sys.argv:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        print(server.process, server.dsn, flush=True)
        await asyncio.sleep(600)

try:
    asyncio.run(hold())
except KeyboardInterrupt:
    pass
"""


@pytest.fixture(scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> Path:
    """A directory in which a server ran and a table was left; tests work on copies."""
    directory = tmp_path_factory.mktemp("made") / "a home" / "von Käthe 🐘" / ".janua"
    async with embedded.running(directory) as server:
        await query(server.dsn, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)")
    return directory


@pytest.fixture
async def directory(made: Path, tmp_path: Path) -> AsyncGenerator[Path]:
    copy = tmp_path / made.parent.name / ".janua"
    shutil.copytree(made, copy, symlinks=True)
    if os.geteuid() == 0:
        owner = (made / "postgres").stat()
        for path in [copy / "postgres", *(copy / "postgres").rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid)
    yield copy
    await seconds_until_gone(copy)
    shutil.rmtree(copy)


async def query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await (connection.fetchval if statement.startswith("SELECT") else connection.execute)(statement)
    finally:
        await connection.close()


@contextmanager
def holder(directory: Path, *options: str) -> Generator[tuple["subprocess.Popen[str]", int, str]]:
    """Another process that uses the directory: the process, its server's process id and DSN."""
    command = [sys.executable, "-c", HOLDER, str(directory), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        server, dsn = process.stdout.readline().split()
        try:
            yield process, int(server), dsn
        finally:
            process.kill()


async def seconds_until_gone(directory: Path) -> float:
    """Wait until no process of the server is left."""
    started = time.monotonic()
    while embedded.is_locked(directory / "locks" / "server") or embedded.is_locked(directory / "locks" / "keeper"):
        assert time.monotonic() - started < 20, "a stray process holds the server's lock"
        await asyncio.sleep(0.01)
    return time.monotonic() - started


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_the_server_has_utf8_and_an_order_that_no_machine_changes(directory: Path) -> None:
    async with embedded.running(directory) as server:
        settings = "(pg_encoding_to_char(encoding), datlocprovider, datlocale)::text"
        assert await query(server.dsn, f"SELECT {settings} FROM pg_database LIMIT 1") == "(UTF8,b,C.UTF-8)"
        assert await query(server.dsn, "SELECT current_setting('fsync')") == "on"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await query(server.dsn.replace("janua:", "janua:x", 1), "SELECT 1")
    assert (directory / "password").stat().st_mode & 0o077 == 0


async def test_a_clean_end_leaves_the_data_and_no_process(directory: Path) -> None:
    async with embedded.running(directory) as server:
        assert not server.adopted
    assert not is_running(server.process)
    assert await seconds_until_gone(directory) < 1
    async with embedded.running(directory) as server:
        assert await query(server.dsn, "SELECT n FROM kept") == 42


async def test_a_killed_owner_leaves_no_process(directory: Path) -> None:
    with holder(directory) as (process, server, dsn):
        await query(dsn, "INSERT INTO kept SELECT generate_series(1, 200000)")
        process.kill()
        assert await seconds_until_gone(directory) < 5
        assert not is_running(server)


async def test_the_start_right_after_a_kill_serves_the_same_data(directory: Path) -> None:
    with holder(directory) as (process, _, dsn):
        await query(dsn, "UPDATE kept SET n = 43")
        process.kill()
        process.wait()
        async with embedded.running(directory) as server:
            assert await query(server.dsn, "SELECT n FROM kept") == 43


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.4, 0.8])
async def test_an_owner_killed_while_it_starts_leaves_nothing_in_the_way(tmp_path: Path, delay: float) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "new")]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    while not (tmp_path / "new" / "locks" / "keeper").exists():  # noqa: ASYNC110 -- a file has no event
        await asyncio.sleep(0.005)
    await asyncio.sleep(delay)
    process.kill()
    await process.wait()
    async with embedded.running(tmp_path / "new") as server:
        assert await query(server.dsn, "SELECT 1") == 1
    await seconds_until_gone(tmp_path / "new")
    shutil.rmtree(tmp_path / "new")


async def test_a_lock_that_outlives_its_owner_for_a_moment_is_waited_for(directory: Path) -> None:
    lock = directory / "locks" / "owner"
    lock.parent.mkdir(parents=True, exist_ok=True)
    # As of an owner that was killed between forking the keeper and its start: a child has the lock, the owner is gone.
    script = (
        "import fcntl, os, sys, time; lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT); "
        "fcntl.flock(lock, fcntl.LOCK_EX); os.pwrite(lock, str(os.getpid()).encode(), 0); "
        "os.fork() or (time.sleep(0.4), os._exit(0))"
    )
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(lock))
    await owner.wait()
    with embedded.owned(directory):
        assert lock.read_text() == str(os.getpid())


async def test_a_second_owner_is_told_which_process_is_the_first(directory: Path) -> None:
    with holder(directory) as (process, _, _):
        with pytest.raises(DirectoryInUse) as caught:
            async with embedded.running(directory):
                pass
        assert caught.value.process == process.pid


async def test_one_process_is_not_two_owners_either(directory: Path) -> None:
    async with embedded.running(directory):
        with pytest.raises(DirectoryInUse) as caught:
            async with embedded.running(directory):
                pass
    assert caught.value.process == os.getpid()


async def test_a_command_beside_the_owner_uses_its_server_and_leaves_it_running(directory: Path) -> None:
    with holder(directory) as (_, process, dsn):
        async with embedded.running(directory, share=True) as server:
            assert (server.adopted, server.process, server.dsn) == (True, process, dsn)
        assert await query(dsn, "SELECT n FROM kept") == 42


async def test_the_server_outlives_a_killed_owner_while_a_command_uses_it(directory: Path) -> None:
    with holder(directory) as (process, server, _):
        async with embedded.running(directory, share=True) as shared:
            process.kill()
            process.wait()
            await asyncio.sleep(0.5)
            assert await query(shared.dsn, "SELECT n FROM kept") == 42
            async with embedded.running(directory) as owned:
                assert (owned.adopted, owned.process) == (True, server)
        assert not is_running(server)


async def test_commands_that_start_at_once_share_one_server(directory: Path) -> None:
    with holder(directory, "share") as (_, one, _), holder(directory, "share") as (_, other, _):
        assert one == other
    await seconds_until_gone(directory)


async def test_the_server_does_not_hold_the_sockets_of_the_process_that_started_it(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        async with embedded.running(directory):
            address = listener.getsockname()
            listener.close()
            with socket.socket() as another:
                another.bind(address)


async def test_control_c_reaches_janua_but_not_the_server(directory: Path) -> None:
    with holder(directory, "deaf") as (process, server, dsn):
        os.killpg(process.pid, signal.SIGINT)
        await asyncio.sleep(0.3)
        assert is_running(server)
        assert await query(dsn, "SELECT n FROM kept") == 42


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_to_the_owner_ends_the_server_cleanly(directory: Path, number: signal.Signals) -> None:
    with holder(directory) as (process, _, _):
        process.send_signal(number)
        process.wait(10)
        assert await seconds_until_gone(directory) < 5
    assert "database system is shut down" in (directory / "postgres.log").read_text()


async def test_files_that_name_processes_of_others_do_not_stop_a_start(directory: Path) -> None:
    me = str(os.getpid())
    stale = "\n".join([me, str(directory / "postgres"), "1", "1", "", "127.0.0.1", " 1 1", "ready   "])
    (directory / "postgres" / "postmaster.pid").write_text(stale + "\n")
    for lock in ("owner", "keeper", "users", "server"):
        (directory / "locks" / lock).write_text(me)
    async with embedded.running(directory) as server:
        assert await query(server.dsn, "SELECT n FROM kept") == 42


async def test_an_unfinished_data_directory_is_made_again(tmp_path: Path) -> None:
    (tmp_path / ".janua" / "postgres.partial" / "base").mkdir(parents=True)
    async with embedded.running(tmp_path / ".janua") as server:
        assert await query(server.dsn, "SELECT 1") == 1
    shutil.rmtree(tmp_path / ".janua")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_a_killed_keeper_takes_the_server_with_it_and_the_next_start_works(directory: Path) -> None:
    with holder(directory) as (_, _, _):
        os.kill(embedded.process_in(directory / "locks" / "keeper"), signal.SIGKILL)
        assert await seconds_until_gone(directory) < 5
        async with embedded.running(directory, share=True) as server:
            assert not server.adopted
            assert await query(server.dsn, "SELECT n FROM kept") == 42


async def test_a_killed_server_is_back_at_the_same_address_within_seconds(directory: Path) -> None:
    with holder(directory) as (_, server, dsn):
        os.kill(server, signal.SIGKILL)
        deadline = time.monotonic() + 10  # it takes less than one where nothing else runs
        while True:
            try:
                assert await query(dsn, "SELECT n FROM kept") == 42
                break
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)


async def test_data_of_another_postgresql_is_an_error_that_says_so(directory: Path) -> None:
    (directory / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedFailed, match="incompatible"):
        async with embedded.running(directory):
            pass
    await seconds_until_gone(directory)


async def test_a_directory_that_cannot_be_made_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedFailed, match="Not a directory"):
        async with embedded.running(tmp_path / "file"):
            pass


@pytest.mark.skipif(not Path("/proc").exists() or os.geteuid() != 0, reason="needs root, and Linux")
async def test_the_server_of_root_has_no_more_power_than_it_needs(directory: Path) -> None:
    async with embedded.running(directory) as server:
        lines = Path(f"/proc/{server.process}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert "0" not in status["Uid"].split()
    assert int(status["CapEff"], 16) in (0, 1 << 1, 1 << 2)

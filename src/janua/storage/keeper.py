"""Keep one PostgreSQL server running for exactly as long as some process uses its directory.

A script, not a module: `embedded.py` runs it as `python -I -S keeper.py DIRECTORY BINARIES`. It is a process of
its own so that it outlives a `kill -9` of janua, and a session of its own so that Ctrl-C does not reach it.
In: locks in `DIRECTORY/locks` (below). Out: a server in `DIRECTORY/postgres`, its log, an exit status that is not
zero when the server would not start. Only the standard library is imported. Start at `main`.

Locks are `flock`s, which the kernel releases however their holder dies, so none can be stale:
`users` is shared by every process that uses the server; whoever gets it exclusively may stop the server.
`keeper` is held by this process. `server` is inherited by PostgreSQL and lives as long as any process of it.

PostgreSQL refuses to run as root. When this process is root, the server runs as the owner of the directory or,
when that is root too, as `nobody`; if that user cannot reach the files (a home of mode 700) it is given the one
capability to traverse and read them, and nothing else. The wheel's own `get_server` creates a system user and
opens every parent directory up to `/` to everybody instead, which is why it is not used.
"""

import ctypes
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

POLL = 0.1  # seconds between two looks at the locks and the server
CRASH_PATIENCE = 1.5  # seconds a fast shutdown may take after janua was killed; then an immediate one
CLEAN_PATIENCE = 30.0  # the same when janua asked for it (SIGTERM)
EARLY = 2.0  # a server that lived for fewer seconds than this did not start
RESPITE = 0.3  # seconds between the death of a server and the next: its children take a moment to notice
ATTEMPTS = 5  # starts in a row that may fail: the free port may have been taken meanwhile
SUPERUSER = "janua"
NO_OTHER_USER = "PostgreSQL does not run as root, and this root may not become another user: be one, or pass --dsn"

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2  # linux/prctl.h
SECBIT_NO_SETUID_FIXUP = 4  # linux/securebits.h
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2  # linux/capability.h
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000  # linux/sched.h

SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only, a checkout's path any number
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",
    "cluster_name": "janua",
}


class Keeper:
    """The directory, the lock held on it, and the server started in it."""

    def __init__(self, directory: Path, binaries: Path) -> None:
        self.directory = directory
        self.binaries = binaries
        self.data = directory / "postgres"
        self.users = os.open(directory / "locks" / "users", os.O_RDWR | os.O_CREAT, 0o600)
        self.server_lock = os.open(directory / "locks" / "server", os.O_RDWR | os.O_CREAT, 0o600)
        self.drop = privileges(directory, binaries) if os.geteuid() == 0 else None
        self.told_to_stop = False

    def run(self) -> int:
        """Start the server, hold it until nobody uses it, stop it; return the exit status."""
        signal.signal(signal.SIGTERM, self.on_terminate)
        self.wait_for_predecessor()
        if not (self.data / "PG_VERSION").exists():
            self.initialize()
        self.own(self.data)
        return self.hold()

    def on_terminate(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that janua asked for the end."""
        self.told_to_stop = True

    def wait_for_predecessor(self) -> None:
        """Wait until no process of an earlier server is left, then forget what it left behind."""
        while not try_lock(self.server_lock, fcntl.LOCK_EX):
            time.sleep(POLL)
        # Nothing holds the lock, so the process id in this file belongs to someone else by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def hold(self) -> int:
        """Run the server until nobody uses it, again on the same port when it dies."""
        failures, was_up, port = 0, False, free_port()
        while failures < ATTEMPTS:
            started, server = time.monotonic(), self.launch(port)
            if self.outlives_its_users(server):
                return 0
            lived = time.monotonic() - started > EARLY or self.died_ready()
            failures, was_up = (0, True) if lived else (failures + 1, was_up)
            if was_up:
                time.sleep(RESPITE)
            else:
                port = free_port()
        return 1

    def outlives_its_users(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait until nobody uses the server, then stop it; false if it ends before that by itself."""
        while server.poll() is None:
            if self.told_to_stop or try_lock(self.users, fcntl.LOCK_EX):
                stop(server, CLEAN_PATIENCE if self.told_to_stop else CRASH_PATIENCE)
                return True
            time.sleep(POLL)
        return False

    def died_ready(self) -> bool:
        """Say whether the server was killed when it was up: else it removes this file itself."""
        left = self.data / "postmaster.pid"
        return left.exists() and b"ready" in left.read_bytes()

    def launch(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server on a port of 127.0.0.1."""
        options = [f"--{name}={value}" for name, value in SERVER_OPTIONS.items()]
        return self.spawn("postgres", "-D", str(self.data), "-p", str(port), *options, death_signal=signal.SIGINT)

    def initialize(self) -> None:
        """Make the data directory; it gets its name only when it is whole."""
        partial = self.directory / "postgres.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self.own(partial)
        with tempfile.NamedTemporaryFile("w", dir=self.directory) as password:
            password.write(self.password())
            password.flush()
            self.own(Path(password.name))
            made = self.spawn(
                "initdb", "-D", str(partial), "-U", SUPERUSER, f"--pwfile={password.name}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                death_signal=signal.SIGKILL,
            ).wait()  # fmt: skip
        if made != 0:
            raise SystemExit(1)
        partial.rename(self.data)

    def password(self) -> str:
        """Return the superuser's password, made up the first time."""
        path = self.directory / "password"
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600, exist_ok=False)
            partial.write_text(secrets.token_urlsafe(24))
            partial.rename(path)
        return path.read_text()

    def own(self, path: Path) -> None:
        """Give `path` and all below it to the user that the server runs as."""
        if self.drop is None:
            return
        uid, gid = self.drop.uid, self.drop.gid
        if path.stat().st_uid != uid:
            for folder, _, files in os.walk(path):
                for name in files:
                    os.lchown(Path(folder, name), uid, gid)
                os.lchown(folder, uid, gid)
            os.lchown(path, uid, gid)

    def spawn(self, program: str, *arguments: str, death_signal: int) -> subprocess.Popen[bytes]:
        """Start a program of PostgreSQL as the right user, with the lock that says the server lives."""

        def prepare() -> None:
            if self.drop is not None:
                self.drop()
            if sys.platform == "linux":  # even if this process is killed, its server ends
                prctl(PR_SET_PDEATHSIG, death_signal)

        try:
            return subprocess.Popen(
                [str(self.binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C"},
                cwd="/",
                pass_fds=[self.server_lock],
                preexec_fn=prepare,  # noqa: PLW1509 -- this process has one thread
            )
        except subprocess.SubprocessError:
            raise SystemExit(f"error: {NO_OTHER_USER}") from None


class Privileges:
    """Become `uid`, keeping `capability` if one is given; callable in a child before it executes the server."""

    def __init__(self, uid: int, gid: int, capability: int | None) -> None:
        self.uid, self.gid, self.capability = uid, gid, capability

    def __call__(self) -> None:
        """Drop to the user; raises OSError when that is not allowed."""
        if self.capability is not None:
            # setuid() then keeps capabilities, and access(), by which initdb looks for postgres, minds them.
            prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if self.capability is not None:
            keep_capability(self.capability)


class Namespace:
    """Look like `nobody` to PostgreSQL while staying root: where root owns only one user id (`unshare -r`)."""

    uid, gid = 0, 0

    def __init__(self, uid: int) -> None:
        self.inside = uid

    def __call__(self) -> None:
        """Enter the namespace; raises OSError when that is not allowed."""
        if libc().unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "cannot leave root: no user ids and no user namespaces")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{self.inside} 0 1")
        Path("/proc/self/gid_map").write_text(f"{self.inside} 0 1")


def privileges(directory: Path, binaries: Path) -> Privileges | Namespace:
    """Decide how this root process runs the server as somebody else."""
    owner = directory.stat()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid != 0 and is_known(owner.st_uid) else nobody()
    if not can_become(uid):
        return Namespace(uid)
    reachable = is_open_to_all(directory) and is_open_to_all(binaries / "postgres")
    usable = (capability for capability in READING if not reachable and can_keep(uid, capability))
    return Privileges(uid, gid, next(usable, None))


READING = (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE)  # the least first; containers usually have only the second


def is_known(uid: int) -> bool:
    """Say whether the user has a name: `initdb` wants one."""
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


def nobody() -> tuple[int, int]:
    """Return user and group id of the user without rights, or of any other than root."""
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    user = users.get("nobody") or next(iter(users.values()))
    return user.pw_uid, user.pw_gid


def is_open_to_all(path: Path) -> bool:
    """Say whether every user may traverse all of a path and execute its end."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path.resolve(), *path.resolve().parents))


def can_become(uid: int) -> bool:
    """Say whether this root process may become the user."""
    return succeeds(lambda: os.setuid(uid))


def can_keep(uid: int, capability: int) -> bool:
    """Say whether it may keep the capability when it becomes the user."""
    return succeeds(Privileges(uid, uid, capability))


def succeeds(action: Callable[[], None]) -> bool:
    """Try in a child what cannot be undone."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def keep_capability(capability: int) -> None:
    """Reduce the capabilities of this process to one, and keep that across exec (capabilities(7), ambient set)."""
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc().capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def prctl(option: int, *arguments: int) -> None:
    """Set an attribute of this process, by its number in linux/prctl.h."""
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if libc().prctl(ctypes.c_int(option), *padded) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def libc() -> ctypes.CDLL:
    """Return the C library; Python wraps neither prctl nor capset."""
    return ctypes.CDLL(None, use_errno=True)


def try_lock(descriptor: int, operation: int) -> bool:
    """Take or convert an flock without waiting; false if others hold it."""
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(server: subprocess.Popen[bytes], patience: float) -> None:
    """Stop with a checkpoint if that takes no longer than `patience` seconds; else the next start replays the log."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(number)
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return


def become_keeper(directory: Path) -> bool:
    """Take the keeper's lock; only one process may have it."""
    lock = os.open(directory / "locks" / "keeper", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + 0.5  # others take it for a moment to see whether there is a keeper
    while not try_lock(lock, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return True


def main(directory: Path, binaries: Path) -> int:
    """Run the keeper of a directory; 0 at once if it has one already."""
    os.setsid()
    # What its parent left open (a listening socket, say) must not stay open when the parent is gone.
    os.closerange(3, min(os.sysconf("SC_OPEN_MAX"), 65_536))
    if not become_keeper(directory):
        return 0
    log = os.open(directory / "postgres.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    return Keeper(directory, binaries).run()


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))

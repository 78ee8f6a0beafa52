"""A PostgreSQL cluster of our own, in a folder, on a free loopback port."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from deploy.local.process import (
    AS_WE_ARE,
    Child,
    EngineFailed,
    EngineMissing,
    User,
    children_of,
    end_survivor,
    free_port,
    remember,
    wait_gone,
)

INSTALLED = Path("/usr/lib/postgresql")  # Debian and Ubuntu: one folder per major version, not on the path
UNPRIVILEGED = ("postgres", "nobody")
LONGEST_SOCKET_FOLDER = 85  # a Unix socket's whole path fits in 107 bytes, and PostgreSQL adds its file name
SUPERUSER = "gatehouse_operator"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",  # a pool per role and service, and the tests' own
    "password_encryption": "scram-sha-256",
    # after a SIGKILL each of some seven thousand files was synced by itself first: 6 s of a start, on a busy disk
    "recovery_init_sync_method": "syncfs",
}


class PostgresServer:
    """A server over `folder`. Start, stop, kill and start again keep the data and the port.

    PostgreSQL refuses to run as root. When we are root the server runs as an existing unprivileged user, and if that
    user may not walk to `folder`, the cluster lies in a folder under /var/tmp named after it (see `cluster`).
    """

    def __init__(self, folder: Path) -> None:
        self.programs = _programs()
        self.port = free_port()
        self._user = _unprivileged() if os.getuid() == 0 else AS_WE_ARE
        self.cluster = _reachable(folder.resolve(), self._user) / "cluster"
        self._child: Child | None = None

    def start(self) -> Self:
        """Up and accepting connections. EngineFailed with the end of the log when it is not within 30 s."""
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        end_survivor(self._pidfile, serves=self.cluster, number=signal.SIGINT)
        arguments = [f"{name}={value}" for name, value in (SETTINGS | self._placed()).items()]
        command = [str(self.programs / "postgres"), "-D", str(self.cluster)]
        command += [word for argument in arguments for word in ("-c", argument)]
        # SIGINT is PostgreSQL's fast shutdown: what it does when the machine goes down.
        self._child = Child(command, log=self._log, user=self._user, dies_by=signal.SIGINT)
        remember(self._child, self._pidfile)
        self._child.wait_until(self._ready, within=30)
        return self

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, everything committed is on disk."""
        if self._child is not None and self._child.alive:
            self._child.stop(signal.SIGINT)
        self._pidfile.unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL to the server and all its children, as a machine that dies; returns when the last of them has gone.

        A start while one lives fails ("another server might be running"). The server is stopped first so that no
        child is born between counting and killing.
        """
        assert self._child is not None
        self._child.send(signal.SIGSTOP)
        children = children_of(self._child.pid)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._child.kill()
        wait_gone(children, within=15)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def password(self) -> str:
        """The superuser's, made with the cluster and readable by its owner alone."""
        return self._password_file.read_text()

    def url(self, database: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        """An SQLAlchemy URL for asyncpg."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql+asyncpg://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def run_sql(self, statement: str, *, database: str = "postgres", **secrets: str) -> str:
        """Run as the superuser through psql; what it printed, without decoration. EngineFailed with psql's words.

        `secrets` are put into psql's environment, where a script reads them with `\\getenv`.
        """
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database]
        command = [str(self.programs / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *place]
        environment = {**os.environ, "PGPASSWORD": self.password, **secrets}
        done = subprocess.run(command, input=statement, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise EngineFailed(done.stderr.strip())
        return done.stdout.strip()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _log(self) -> Path:
        return self.cluster.parent / "postgres.log"

    @property
    def _pidfile(self) -> Path:
        return self.cluster.parent / "postgres.pid"

    @property
    def _password_file(self) -> Path:
        return self.cluster.parent / "password"

    def _placed(self) -> dict[str, str]:
        fits = len(str(self.cluster)) <= LONGEST_SOCKET_FOLDER
        return {"port": str(self.port), "unix_socket_directories": str(self.cluster) if fits else ""}

    def _make_cluster(self) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_hex(24))
        if self._user != AS_WE_ARE:
            os.chown(self._password_file, self._user.uid, self._user.gid)
        command = [str(self.programs / "initdb"), "-D", str(self.cluster), "-U", SUPERUSER]
        command += ["--encoding=UTF8", "--locale=C", "--data-checksums"]  # bytewise order, as SQLite has it
        command += ["--auth=scram-sha-256", f"--pwfile={self._password_file}"]
        making = Child(command, log=self._log, user=self._user)
        if code := making.wait(within=60):
            raise EngineFailed(f"initdb ended with {code}:\n{making.tail()}")

    def _ready(self) -> bool:
        """The eighth line of postmaster.pid is how the server itself says so (pg_ctl waits for the same)."""
        noted = self.cluster / "postmaster.pid"
        try:
            lines = noted.read_text().splitlines()
        except FileNotFoundError:  # not written yet, or the starting server has just put a killed one's away
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


def _programs() -> Path:
    """The newest installed PostgreSQL's programs; EngineMissing when there is none."""
    versions = [folder for folder in INSTALLED.glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise EngineMissing(f"PostgreSQL is not installed: no initdb under {INSTALLED} nor on the path")
    return Path(on_path).resolve().parent


def _unprivileged() -> User:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise EngineMissing(f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED)} exists")


def _reachable(folder: Path, user: User) -> Path:
    """`folder`, made and owned by `user`; or its stand-in under /var/tmp if `user` may not walk there."""
    if user == AS_WE_ARE:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not all(parent.stat().st_mode & 0o001 for parent in folder.parents):
        folder = Path("/var/tmp") / f"gatehouse-{sha256(str(folder).encode()).hexdigest()[:16]}"  # noqa: S108 - owner checked below
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (0, user.uid):
        raise EngineFailed(f"{folder} belongs to somebody else")
    os.chown(folder, user.uid, user.gid)
    return folder

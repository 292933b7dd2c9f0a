"""The folder of a rehearsal: what is not in the database, and whose it is."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from payments.models import ChannelAccount


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the simulator's memory, the logs and a small state of a rehearsal.

    It belongs to the database in which it was begun: the simulator remembers what that one sold.
    """

    path: Path

    @contextmanager
    def held(self, *, app_id: str) -> Iterator[None]:
        """Keep the folder for this process alone, and for this database for good.

        `app_id` is the rehearsal's app at the simulated channel, by which a database is known to
        have begun one.

        Raises CommandError when another process holds it, or it is another database's, or this
        database's own folder is another; nothing is written then.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            if not _is_locked_now(lock):
                raise CommandError(
                    _("Another process is at work in %(folder)s. Nothing was written.")
                    % {"folder": self.path}
                )
            self._claim(app_id=app_id)
            yield

    def is_held(self) -> bool:
        """Tell whether a process is at work in it; one that was killed is not."""
        try:
            with (self.path / "lock").open() as lock:
                return not _is_locked_now(lock)
        except FileNotFoundError:
            return False

    def read(self) -> dict[str, Any]:
        """Return what was kept; empty at first."""
        path = self.path / "state.json"
        state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return state

    def keep(self, **facts: Any) -> None:
        """Keep some more facts, so that a cut leaves the old state or the new one."""
        draft = self.path / "state.json.draft"
        draft.write_text(json.dumps({**self.read(), **facts}, indent=1))
        draft.replace(self.path / "state.json")

    def _claim(self, *, app_id: str) -> None:
        kept = self.read().get("database")
        is_begun = ChannelAccount.objects.filter(app_id=app_id).exists()
        if kept is None and not is_begun:
            self.keep(database=_database())
        elif kept != _database():
            raise CommandError(
                _(
                    "%(folder)s does not belong to this database: what the simulator in it"
                    " remembers is not what the database has. Name the folder in which this was"
                    " begun, or begin anew with an empty database and an empty folder. Nothing"
                    " was written."
                )
                % {"folder": self.path}
            )


def _is_locked_now(lock: TextIO) -> bool:
    """Take a lock file for ourselves alone, until it is closed; tell whether that was possible."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _database() -> str:
    """Name the database by the moment of its first migration, which a copy keeps."""
    first = MigrationRecorder.Migration.objects.order_by("applied").values_list("applied")[:1]
    return str(first.get()[0].isoformat())

"""Where the chain of seals ended, run by run: a file that the database's owner cannot write.

One line of JSON per head, flushed to the disk. Each line has a keyed hash of its own, so that a
line which was changed, or comes from another house, is seen.
"""

import fcntl
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from django.conf import settings

from ledger import sealing
from ledger.sealing import Totals

_TAIL_BYTES = 8_192
"""So much of the end of the file has its last lines, whole; a line has some hundred bytes."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at one moment: a block, and the totals of all entries sealed so far."""

    number: int
    hmac: bytes
    cluster: int
    totals: Totals
    sealed_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no head of ours: its place in the file (1, 2, 3 …), and why.

    `is_torn`: it is no whole line, as a crash or a full disk leaves it. `heads_before` says how
    many heads of ours stand before it.
    """

    place: int
    why: str
    is_torn: bool
    heads_before: int


@dataclass(slots=True)
class Published:
    """The heads that a file holds, in its order, while somebody may add to it."""

    heads: list[Head]
    bad_lines: list[BadLine]
    _stream: TextIO | None = field(default=None, repr=False)

    @property
    def last_number(self) -> int:
        """Return the highest block that was published; 0 if none was."""
        return max((head.number for head in self.heads), default=0)

    def head_after(self, bad: BadLine) -> Head | None:
        """Return the first head of ours that was written after a bad line, or None."""
        return next(iter(self.heads[bad.heads_before :]), None)

    def add(self, head: Head) -> None:
        """Write a head at the end of the file, and wait until the disk has it."""
        assert self._stream is not None, "read with `appending` to add"
        self._stream.write(_as_line(head) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.heads.append(head)


def path() -> Path:
    """Return the file of heads, SEAL_HEADS_FILE."""
    return Path(settings.SEAL_HEADS_FILE)


def published() -> Published:
    """Read the published heads; none when there is no file."""
    try:
        text = path().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    return _read(text)


def newest() -> Head | None:
    """Return the last published head, read from the end of the file however long it is; or None."""
    try:
        with path().open("rb") as stream:
            stream.seek(max(stream.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
            tail = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    found = _read(tail).heads or published().heads
    return found[-1] if found else None


@contextmanager
def appending() -> Iterator[Published]:
    """Read the published heads, and keep others from adding to them for the length of a block."""
    path().parent.mkdir(parents=True, exist_ok=True)
    with path().open("a+", encoding="utf-8", errors="replace") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        text = stream.read()
        if text and not text.endswith("\n"):
            stream.write("\n")  # a line torn by a crash stays one bad line
        found = _read(text)
        found._stream = stream  # noqa: SLF001  its own module
        yield found


def _read(text: str) -> Published:
    found = Published([], [])
    for place, line in enumerate(text.splitlines(), 1):
        head = _head_of(line)
        if isinstance(head, str):
            found.bad_lines.append(BadLine(place, head, _is_torn(line), len(found.heads)))
        else:
            found.heads.append(head)
    return found


def _is_torn(line: str) -> bool:
    """Tell whether a line is not whole: no part of one is JSON, and every changed one still is."""
    try:
        json.loads(line)
    except ValueError:
        return True
    return False


def _head_of(line: str) -> Head | str:
    """Return the head that a line holds, or why it holds none."""
    try:
        told = json.loads(line)
        head = Head(
            number=int(told["number"]),
            hmac=bytes.fromhex(told["hmac"]),
            cluster=int(told["cluster"]),
            totals=told["totals"],
            sealed_at=datetime.fromisoformat(told["sealed_at"]),
            key_id=str(told["key"]),
        )
        mac, wanted = bytes.fromhex(told["mac"]), _mac_of(head)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "unreadable"
    if wanted is None:
        return f"unknown key {head.key_id}"
    return head if hmac.compare_digest(mac, wanted) else "changed, or of another house"


def _as_line(head: Head) -> str:
    mac = _mac_of(head)
    assert mac is not None, "a head is published with a key of ours"
    return json.dumps(
        {
            "number": head.number,
            "hmac": head.hmac.hex(),
            "cluster": head.cluster,
            "totals": head.totals,
            "sealed_at": head.sealed_at.isoformat(),
            "key": head.key_id,
            "mac": mac.hex(),
        }
    )


def _mac_of(head: Head) -> bytes | None:
    return sealing.keyed(
        head.key_id,
        "tianping head 1",
        str(head.number),
        head.hmac.hex(),
        str(head.cluster),
        sealing.totals_text(head.totals),
        str(sealing.micros(head.sealed_at)),
    )

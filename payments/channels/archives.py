"""Whether a ZIP of a channel came whole: looked at before anybody keeps or reads it."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

UNPACKED_BYTES_MAX: Final = 2 * 1024 * 1024 * 1024
"""The most that is unpacked of one file, in bytes."""

MEMBERS_MAX: Final = 100
LINE_BYTES_MAX: Final = 64 * 1024

_BEGINNING: Final = b"PK\x03\x04"
_END_MARK: Final = b"PK\x05\x06"
_END: Final = struct.Struct("<4s8x2L2x")
_CHUNK_BYTES: Final = 256 * 1024
_LOCKED: Final = 0x1
_GARBLED: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


class BrokenArchiveError(Exception):
    """A file is no whole ZIP: cut, garbled, empty, or too long."""


def members_of(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Unpack each member, check its sum, and give its first and its last 256 KiB.

    Nothing more is held in memory. Nothing may be believed of it before the last one was given:
    Raises BrokenArchiveError wherever the file is not whole.
    """
    left = UNPACKED_BYTES_MAX
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            _require_both_ends(file, comment=archive.comment)
            members = archive.infolist()
            if len(members) > MEMBERS_MAX:
                raise BrokenArchiveError("it has too many members")
            for member in members:
                if member.flag_bits & _LOCKED:
                    raise BrokenArchiveError("it is locked")
                head = tail = b""
                with archive.open(member) as content:
                    # The sum is checked with the last chunk.
                    while chunk := content.read(_CHUNK_BYTES):
                        left -= len(chunk)
                        if left < 0:
                            raise BrokenArchiveError("it is too long")
                        head, tail = head or chunk, (tail + chunk)[-_CHUNK_BYTES:]
                yield head, tail
    except _GARBLED as error:
        raise BrokenArchiveError("it is cut or garbled") from error
    if not members:
        raise BrokenArchiveError("it is empty")


def lines_of(file: bytes) -> Iterator[tuple[int, bytes]]:
    """Give each line of each member, with the member's number, of a ZIP that `members_of` took.

    Raises BrokenArchiveError for a line that is longer than any line is.
    """
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for number, member in enumerate(archive.infolist()):
            with archive.open(member) as content:
                while line := content.readline(LINE_BYTES_MAX + 1):
                    if len(line) > LINE_BYTES_MAX:
                        raise BrokenArchiveError("a line of it is too long")
                    yield number, line


def _require_both_ends(file: bytes, *, comment: bytes) -> None:
    """See that nothing stands before or behind: the end names the place of the directory.

    Raises BrokenArchiveError.
    """
    place = len(file) - len(comment) - _END.size
    if place < 0:
        raise BrokenArchiveError("something stands behind it")
    mark, size, offset = _END.unpack_from(file, place)
    if mark != _END_MARK:
        raise BrokenArchiveError("something stands behind it")
    if not file.startswith((_BEGINNING, _END_MARK)) or offset + size != place:
        raise BrokenArchiveError("something stands before it")

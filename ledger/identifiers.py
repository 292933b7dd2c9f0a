"""Make and recognise the prefixed public ids that every noun carries (`pay_01jd…`)."""

import re
import secrets
import threading
import time

ID_MAX_LENGTH = 40
"""Room for the longest prefix (13 characters), the underscore and the 26 of the body."""

BODY_LENGTH = 26

# Crockford's base 32: no i, l, o or u, so an id survives being read out on the telephone.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# 26 characters hold 130 bits and an id has 128: the first one never passes 7.
_BODY = re.compile(rf"[0-7][{_ALPHABET}]{{{BODY_LENGTH - 1}}}")
_PREFIX = re.compile(r"[a-z][a-z0-9]{0,12}")
_RANDOM_BITS = 80
_TIME_MASK = (1 << 48) - 1
# What two ids of one millisecond lie apart at most: nobody guesses the next, and a millisecond has
# room for tens of thousands before it runs into the next one.
_STEP_BITS = 64


def new_id(prefix: str) -> str:
    """Make a new id: the prefix, an underscore, 48 bits of Unix milliseconds, 80 random bits.

    Ids sort as text in the order in which a process made them, those of one millisecond too
    (https://github.com/ulid/spec, "Monotonicity"), so index pages stay warm and the lines of one
    action keep their order on every page. Between processes only milliseconds tell. The machine's
    clock is read for this alone and decides nothing else.

    Raises ValueError if the prefix is not 1 to 13 lower-case letters and digits, letter first.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not a prefix of an id: {prefix!r}")
    return f"{prefix}_{_body(_numbers.after(time.time_ns() // 1_000_000))}"


class _Numbers:
    """The 128 bits of ids, rising within a millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = -1
        self._last = 0

    def after(self, milliseconds: int) -> int:
        """Return a number of this millisecond, above those that it has given already."""
        with self._lock:
            if milliseconds == self._milliseconds:
                self._last += 1 + secrets.randbits(_STEP_BITS)
            else:
                start = (milliseconds & _TIME_MASK) << _RANDOM_BITS
                # The first bit is left clear: room to rise.
                self._last = start | secrets.randbits(_RANDOM_BITS - 1)
                self._milliseconds = milliseconds
            return self._last


_numbers = _Numbers()


def is_id(prefix: str, text: str) -> bool:
    """Tell whether a text is an id of that prefix, exactly as `new_id` writes one.

    Upper case and look-alike letters are not forgiven: an id has one spelling only.
    """
    start, underscore, body = text.partition("_")
    return start == prefix and underscore == "_" and _BODY.fullmatch(body) is not None


def has_form_of_id(text: str) -> bool:
    """Tell whether a text is written as `new_id` writes ids, of whatever prefix."""
    prefix = text.partition("_")[0]
    return _PREFIX.fullmatch(prefix) is not None and is_id(prefix, text)


def _body(number: int) -> str:
    """Write 128 bits as 26 characters of base 32, most significant first."""
    shifts = range(5 * (BODY_LENGTH - 1), -1, -5)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in shifts)

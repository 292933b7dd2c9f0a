"""Make and recognise the prefixed public ids that every noun carries (`pay_01jd…`)."""

import re
import secrets
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


def new_id(prefix: str) -> str:
    """Make a new id: the prefix, an underscore, 48 bits of Unix milliseconds, 80 random bits.

    Ids of different milliseconds sort by time as text, so index pages stay warm; inside one
    millisecond their order means nothing. The machine's clock is read for this alone and
    decides nothing else.

    Raises ValueError if the prefix is not 1 to 13 lower-case letters and digits, letter first.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"not a prefix of an id: {prefix!r}")
    milliseconds = (time.time_ns() // 1_000_000) & _TIME_MASK
    return f"{prefix}_{_body((milliseconds << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS))}"


def is_id(prefix: str, text: str) -> bool:
    """Tell whether a text is an id of that prefix, exactly as `new_id` writes one.

    Upper case and look-alike letters are not forgiven: an id has one spelling only.
    """
    start, underscore, body = text.partition("_")
    return start == prefix and underscore == "_" and _BODY.fullmatch(body) is not None


def _body(number: int) -> str:
    """Write 128 bits as 26 characters of base 32, most significant first."""
    shifts = range(5 * (BODY_LENGTH - 1), -1, -5)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in shifts)

"""The keyed hash of a block, over all that it says; keys stand outside the database.

`settings.SEAL_KEYS` names the keys, 32 bytes each by id, the current one first. A block names its
key, so an older one stays in the list for as long as its blocks are to be proved.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FIRST_PREVIOUS = b"\x00" * 32
"""What the first block has where others have the hash of the block before them."""

Totals = Mapping[str, Mapping[str, int]]
"""Debits and credits in minor units by currency: `{"CNY": {"debits": 100, "credits": 100}}`."""

_KEY_BYTES = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Header:
    """What a block says besides its leaves, which `root` stands for."""

    number: int
    stream: str
    form: int
    first_id: int
    last_id: int
    count: int
    totals: Totals
    root: bytes
    previous_hmac: bytes
    cluster: int
    floor: int
    sealed_at: datetime
    key_id: str


def current_key_id() -> str:
    """Return the id of the key that new blocks are sealed with."""
    return next(iter(_keys()))


def hmac_of(header: Header) -> bytes | None:
    """Return the keyed hash of a block, or None if its key is not configured."""
    return keyed(header.key_id, "tianping seal 1", *_told(header))


def keyed(key_id: str, *texts: str) -> bytes | None:
    """Return the HMAC-SHA256 of a list of texts, or None if there is no such key.

    The first text names the purpose, so that what is hashed for one is worthless for another.
    """
    key = _keys().get(key_id)
    if key is None:
        return None
    content = b"".join(_measured(text) for text in texts)
    return hmac.digest(key, content, "sha256")


def totals_text(totals: Totals) -> str:
    """Write totals in their one spelling: `BRL 5 5 CNY 100 100`, currencies in order."""
    return " ".join(
        f"{currency} {sides['debits']} {sides['credits']}"
        for currency, sides in sorted(totals.items())
    )


def micros(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _told(header: Header) -> list[str]:
    return [
        str(header.number),
        header.stream,
        str(header.form),
        str(header.first_id),
        str(header.last_id),
        str(header.count),
        totals_text(header.totals),
        header.root.hex(),
        header.previous_hmac.hex(),
        str(header.cluster),
        str(header.floor),
        str(micros(header.sealed_at)),
        header.key_id,
    ]


def _measured(text: str) -> bytes:
    content = text.encode()
    return b"%d:%b," % (len(content), content)


def _keys() -> Mapping[str, bytes]:
    keys = dict(settings.SEAL_KEYS)
    if not keys or any(len(key) != _KEY_BYTES for key in keys.values()):
        raise ImproperlyConfigured("SEAL_KEYS must hold keys of 32 bytes, one at least.")
    return keys

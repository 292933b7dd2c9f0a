"""Keep PINs: which are too easy, whose they are, what one buys, and how they are stored.

Six digits are a million guesses, so a hash alone would fall in hours. What is stored is argon2id
over an HMAC with a pepper that never stands in the database (docs/adr/0016).
"""

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PIN_LENGTH = 6

PAYER = "payer"
MEMBER = "member"

PAYMENT = "payment"
SETTLEMENT = "settlement"

SAME_AS_BEFORE = _("It is the one that you have.")

_SIX_DIGITS = re.compile(r"[0-9]{6}")
_ASCENDING = "01234567890"
_PEPPER_BYTES_MIN = 32


@dataclass(frozen=True, slots=True)
class PasswordOwner:
    """Whose password it is: a payer's, or one merchant member's (a person at one merchant)."""

    kind: str
    id: str

    @classmethod
    def payer(cls, payer_id: str) -> "PasswordOwner":
        """Name a payer, by `pyr_…`."""
        return cls(PAYER, payer_id)

    @classmethod
    def member(cls, membership_id: int) -> "PasswordOwner":
        """Name a merchant's member, by the key of their `MerchantMember` row."""
        return cls(MEMBER, str(membership_id))

    @property
    def reference(self) -> str:
        """Return the owner as an actor: `payer:pyr_…`, `member:17`."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class TokenBinding:
    """What one token buys, exactly; another amount, payee or version is another binding.

    `deed` is `payment` or `settlement`, `subject` the id of what is paid, `payees` whose money it
    becomes: merchants of a payment in the order of its allocations, a settlement's destination.
    `version` is what else must not change meanwhile, where the subject can change.
    """

    deed: str
    subject: str
    amount_minor: int
    currency: str
    payees: tuple[str, ...]
    version: str = ""

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the binding, over canonical JSON."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class StoredPin:
    """How a PIN stands in the database: an encoded argon2id hash, and which pepper went in."""

    encoded: str
    pepper_version: str


def weakness(
    pin: str, *, birthday: dt.date | None = None, known_numbers: tuple[str, ...] = ()
) -> str | Promise | None:
    """Say why a PIN may not be chosen, or None if it may.

    `known_numbers` are numbers that others know of its owner (telephone, customer number): their
    last digits are refused. So are the ways in which people write their birthday in six digits.
    """
    if not _SIX_DIGITS.fullmatch(pin):
        return _("It must be six digits.")
    if _is_repeated(pin):
        return _("It repeats itself, so it is among the first that a thief would try.")
    if pin in _ASCENDING or pin[::-1] in _ASCENDING:
        return _("It counts up or down, so it is among the first that a thief would try.")
    if birthday is not None and pin in _as_six_digits(birthday):
        return _("It is a birthday, and others know it.")
    if any(_digits(number).endswith(pin) for number in known_numbers):
        return _("It is the end of a number that others know.")
    return None


def store(pin: str, *, owner: PasswordOwner) -> StoredPin:
    """Return what is kept of a PIN, with the current pepper and parameters. About 20 ms."""
    version = next(iter(_peppers()))
    encoded = _hasher().hash(_peppered(pin, owner=owner, pepper_version=version))
    return StoredPin(encoded, version)


def matches(pin: str, stored: StoredPin, *, owner: PasswordOwner) -> bool:
    """Tell whether this is the owner's PIN. About 20 ms, right or wrong.

    Raises ImproperlyConfigured if the pepper that went in is not configured any more: that is a
    fault of the deployment, and nobody's wrong guess.
    """
    peppered = _peppered(pin, owner=owner, pepper_version=stored.pepper_version)
    try:
        return _hasher().verify(stored.encoded, peppered)
    except (VerificationError, InvalidHashError):
        return False


def is_current(stored: StoredPin) -> bool:
    """Tell whether pepper and parameters are those of today, or it waits to be stored anew."""
    is_of_today = stored.pepper_version == next(iter(_peppers()))
    return is_of_today and not _hasher().check_needs_rehash(stored.encoded)


def _peppered(pin: str, *, owner: PasswordOwner, pepper_version: str) -> bytes:
    pepper = _peppers().get(pepper_version)
    if pepper is None:
        raise ImproperlyConfigured(
            f"PAYMENT_PASSWORD_PEPPERS lacks {pepper_version!r}, and passwords were made with it."
        )
    return hmac.digest(pepper, f"{owner.reference}\0{pin}".encode(), "sha256")


def _peppers() -> Mapping[str, bytes]:
    """Read the configured peppers in order, the current one first."""
    peppers = dict(settings.PAYMENT_PASSWORD_PEPPERS)
    if not peppers or any(len(pepper) < _PEPPER_BYTES_MIN for pepper in peppers.values()):
        raise ImproperlyConfigured("PAYMENT_PASSWORD_PEPPERS must hold one pepper of 32 bytes.")
    return peppers


def _hasher() -> PasswordHasher:
    costs = settings.PAYMENT_PASSWORD_ARGON2
    return _hasher_of(costs["time_cost"], costs["memory_kib"], costs["parallelism"])


@cache
def _hasher_of(time_cost: int, memory_kib: int, parallelism: int) -> PasswordHasher:
    return PasswordHasher(
        time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism, type=Type.ID
    )


def _is_repeated(pin: str) -> bool:
    """Tell whether a PIN is one part over and over: 000000, 121212, 123123."""
    return any(pin == pin[:length] * (PIN_LENGTH // length) for length in (1, 2, 3))


def _as_six_digits(birthday: dt.date) -> set[str]:
    year, month, day = f"{birthday:%Y}", f"{birthday:%m}", f"{birthday:%d}"
    short = year[2:]
    return {
        short + month + day,
        day + month + short,
        month + day + short,
        short + day + month,
        year + month,
        month + year,
        year + day,
    }


def _digits(number: str) -> str:
    return "".join(character for character in number if character in "0123456789")

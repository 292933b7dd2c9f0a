"""Guesses at a password: each is counted and committed before it is verified.

However many guess at once, no more than five are evaluated before the password locks.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import connection, transaction

from risk import pins
from risk.errors import (
    PasswordBusyError,
    PasswordLockedError,
    PasswordNotSetError,
    PasswordResetNeededError,
    TokenRefusedError,
    WrongPasswordError,
)
from risk.models import PaymentPassword
from risk.pins import PasswordOwner, StoredPin
from risk.queries.passwords import standing

VERIFICATIONS_AT_ONCE = os.cpu_count() or 1
"""More at once would only take turns, and hold 19 MiB each while they wait."""
PATIENCE_SECONDS = 10

Hindrance = WrongPasswordError | PasswordLockedError | PasswordNotSetError

_places = threading.BoundedSemaphore(VERIFICATIONS_AT_ONCE)

# Counted before it is verified. The fifth locks at once, so that a process that dies while it
# verifies leaves a lock behind, never a free guess; a right answer takes the lock off again.
_RESERVE = """
    UPDATE risk_paymentpassword SET
      attempts = attempts %% 5 + 1,
      attempts_ever = attempts_ever + 1,
      lock_level = lock_level + CASE WHEN attempts = 4 THEN 1 ELSE 0 END,
      locked_until = CASE
        WHEN attempts = 4 AND lock_level = 0 THEN clock_timestamp() + interval '3 hours'
        WHEN attempts = 4 AND lock_level = 1 THEN clock_timestamp() + interval '24 hours' END
    WHERE owner_kind = %s AND owner_id = %s AND encoded <> '' AND lock_level < 3
      AND (locked_until IS NULL OR locked_until <= clock_timestamp())
    RETURNING id, version, attempts_ever, attempts = 5, encoded, pepper_version
"""
# A right answer forgives what came before it, not what others have tried since: fenced by the
# number of the attempt. One that comes too late, after five others, forgives nothing at all; one
# for digits that were changed meanwhile finds no row.
_FORGIVE = """
    UPDATE risk_paymentpassword SET
      attempts = CASE WHEN attempts_ever - %(number)s < 5
                      THEN least(attempts, attempts_ever - %(number)s) ELSE attempts END,
      lock_level = CASE WHEN attempts_ever - %(number)s < 5 THEN 0 ELSE lock_level END,
      locked_until = CASE WHEN attempts_ever - %(number)s < 5 THEN NULL ELSE locked_until END,
      encoded = %(encoded)s, pepper_version = %(pepper_version)s
    WHERE id = %(id)s AND version = %(version)s AND encoded <> ''
"""


@dataclass(frozen=True, slots=True)
class Guess:
    """One counted attempt; `number` is its place among all that were ever made at this password.

    `is_last` says that counting it locked the password. `stored` is how the digits are kept from
    now on, once the attempt was right.
    """

    password_id: str
    version: int
    number: int
    is_last: bool
    stored: StoredPin
    is_right: bool = False


def evaluate(owner: PasswordOwner, pin: str) -> Guess:
    """Count one attempt, commit, then verify it; say whether it was right.

    Not inside a transaction. Stored anew in `stored` where pepper or parameters have changed.

    Raises PasswordNotSetError, PasswordLockedError, PasswordResetNeededError or
    PasswordBusyError; nothing is counted and nothing evaluated then.
    """
    with _one_place():
        guess = _count(owner)
        if not pins.matches(pin, guess.stored, owner=owner):
            return guess
        kept = guess.stored if pins.is_current(guess.stored) else pins.store(pin, owner=owner)
        return replace(guess, stored=kept, is_right=True)


def forgive(guess: Guess) -> PaymentPassword:
    """Let a right attempt count for right, and return the password, locked. A part.

    Raises TokenRefusedError if the digits were changed or reset since they were verified.
    """
    assert connection.in_atomic_block, "forgive is a part; open a transaction around it"
    assert guess.is_right, "only a right attempt forgives"
    with connection.cursor() as cursor:
        cursor.execute(
            _FORGIVE,
            {
                "id": guess.password_id,
                "version": guess.version,
                "number": guess.number,
                "encoded": guess.stored.encoded,
                "pepper_version": guess.stored.pepper_version,
            },
        )
        if cursor.rowcount != 1:
            raise TokenRefusedError
    return PaymentPassword.objects.get(pk=guess.password_id)


def hindrance(owner: PasswordOwner) -> Hindrance:
    """Return why the owner cannot go on now, or how many attempts are left."""
    now = standing(owner)
    if not now.is_set:
        return PasswordNotSetError()
    if now.needs_reset:
        return PasswordResetNeededError()
    if now.locked_until is not None:
        return PasswordLockedError(until=now.locked_until)
    return WrongPasswordError(attempts_left=now.attempts_left)


def stored_of(pin: str, *, owner: PasswordOwner) -> StoredPin:
    """Return what is kept of a PIN; it takes its turn with those that are verified.

    Raises PasswordBusyError.
    """
    with _one_place():
        return pins.store(pin, owner=owner)


@transaction.atomic(durable=True)
def _count(owner: PasswordOwner) -> Guess:
    """Count an attempt. Raises what hinders it; nothing is counted then."""
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, [owner.kind, owner.id])
        row = cursor.fetchone()
    if row is None:
        reason = hindrance(owner)
        # Its lock ended between the two statements: nothing was counted, so nothing was wrong.
        raise PasswordBusyError if isinstance(reason, WrongPasswordError) else reason
    password_id, version, number, is_last, encoded, pepper_version = row
    return Guess(password_id, version, number, is_last, StoredPin(encoded, pepper_version))


@contextmanager
def _one_place() -> Iterator[None]:
    """Wait for one of the places to hash in. Raises PasswordBusyError."""
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise PasswordBusyError
    try:
        yield
    finally:
        _places.release()

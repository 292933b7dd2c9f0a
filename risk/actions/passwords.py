"""Payment and settlement passwords: set, change, verify; and what a right one buys.

Setting, changing and verifying are several transactions each, so that nothing is held open while
argon2 works (`risk.actions.guesses`); they refuse to run inside a transaction of somebody else.
"""

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.views.decorators.debug import sensitive_variables

from ledger.actions.audit import record_audit
from payments.actions.events import record_event
from payments.models import DatabaseClock, MerchantMember, Payer
from risk import locks, pins
from risk.actions import guesses
from risk.errors import (
    PasswordAlreadySetError,
    PasswordFrozenError,
    PasswordLockedError,
    TokenRefusedError,
    WeakPasswordError,
)
from risk.models import PaymentPassword, PaymentToken
from risk.pins import PasswordOwner, StoredPin, TokenBinding
from risk.queries.passwords import frozen_until

TOKEN_LIFETIME = timedelta(seconds=120)

_CONSUME = """
    UPDATE risk_paymenttoken t SET used_at = statement_timestamp()
    FROM risk_paymentpassword p
    WHERE t.token_sha256 = %s AND t.used_at IS NULL AND t.expires_at > statement_timestamp()
      AND t.deed = %s AND t.binding_sha256 = %s
      AND p.id = t.password_id AND p.version = t.password_version
      AND p.owner_kind = %s AND p.owner_id = %s
"""


@sensitive_variables()
def set_password(
    *,
    owner: PasswordOwner,
    pin: str,
    actor: str,
    client_ip: str | None,
    at: datetime,
    birthday: date | None = None,
) -> None:
    """Set the owner's first password, or a new one after two people have reset it.

    Raises WeakPasswordError, PasswordAlreadySetError or PasswordBusyError; nothing is written
    then.
    """
    require_strong(pin, owner=owner, birthday=birthday)
    stored = guesses.stored_of(pin, owner=owner)
    with transaction.atomic(durable=True):
        password = locks.locked_password(owner)
        if password is None:
            password = _insert_once(owner, stored, at=at)
        elif password.encoded:
            raise PasswordAlreadySetError
        else:
            replace_digits(password, stored, at=at)
        tell(password, "password.set", actor=actor, at=at, client_ip=client_ip)


@sensitive_variables()
def change_password(
    *,
    owner: PasswordOwner,
    old_pin: str,
    new_pin: str,
    actor: str,
    client_ip: str | None,
    at: datetime,
    birthday: date | None = None,
) -> None:
    """Put a new password in the place of the old one, which is verified and counted like any.

    Tokens that the old one bought are worth nothing from now on.

    Raises WeakPasswordError, and what `verify_pin` raises.
    """
    require_strong(new_pin, owner=owner, old_pin=old_pin, birthday=birthday)
    stored = guesses.stored_of(new_pin, owner=owner)
    guess = _right_guess(owner, old_pin, client_ip=client_ip, at=at)
    with transaction.atomic(durable=True):
        password = guesses.forgive(guess)
        replace_digits(password, stored, at=at)
        tell(password, "password.changed", actor=actor, at=at, client_ip=client_ip)


@sensitive_variables()
def verify_pin(
    *, owner: PasswordOwner, pin: str, binding: TokenBinding, client_ip: str | None, at: datetime
) -> str:
    """Verify the owner's password, and return the secret of a token for one deed.

    The token is good for 120 seconds, once, and for exactly what `binding` names. The attempt is
    counted whatever comes of it; a right one forgives the wrong ones before it.

    Raises WrongPasswordError, PasswordLockedError, PasswordResetNeededError, PasswordNotSetError
    or PasswordBusyError, and for a settlement PasswordFrozenError within a day after a reset.
    """
    rests_until = frozen_until(owner) if binding.deed == pins.SETTLEMENT else None
    if rests_until is not None:
        raise PasswordFrozenError(until=rests_until)
    guess = _right_guess(owner, pin, client_ip=client_ip, at=at)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(durable=True):
        password = guesses.forgive(guess)
        PaymentToken.objects.create(
            password=password,
            password_version=password.version,
            token_sha256=_digest(secret),
            deed=binding.deed,
            subject=binding.subject,
            binding_sha256=binding.digest,
            client_ip=client_ip,
            created_at=DatabaseClock(),
            expires_at=DatabaseClock() + TOKEN_LIFETIME,
        )
    return secret


def consume_token(token: str, *, owner: PasswordOwner, binding: TokenBinding) -> None:
    """Use a token up for the deed of this transaction. A part; one statement.

    When the deed is rolled back, the token is as good as before.

    Raises TokenRefusedError if it is unknown, used, over, somebody else's or for something else.
    """
    assert connection.in_atomic_block, "consume_token is a part; open a transaction around it"
    with connection.cursor() as cursor:
        cursor.execute(
            _CONSUME, [_digest(token), binding.deed, binding.digest, owner.kind, owner.id]
        )
        if cursor.rowcount != 1:
            raise TokenRefusedError


def require_strong(
    pin: str, *, owner: PasswordOwner, old_pin: str = "", birthday: date | None = None
) -> None:
    """Refuse digits that a thief would try first. Raises WeakPasswordError."""
    reason = pins.weakness(pin, birthday=birthday, known_numbers=_known_numbers(owner))
    if reason is None and pin == old_pin:
        reason = pins.SAME_AS_BEFORE
    if reason is not None:
        raise WeakPasswordError(reason=reason)


def replace_digits(password: PaymentPassword, stored: StoredPin, *, at: datetime) -> None:
    """Give a locked row new digits: no attempts, no lock, and no token of before. A part."""
    password.encoded = stored.encoded
    password.pepper_version = stored.pepper_version
    password.version += 1
    password.attempts = 0
    password.lock_level = 0
    password.locked_until = None
    password.set_at = at
    password.save(
        update_fields=[
            *("encoded", "pepper_version", "version", "attempts", "lock_level"),
            *("locked_until", "set_at"),
        ]
    )


def tell(
    password: PaymentPassword,
    kind: str,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
    reason: str = "",
) -> None:
    """Write the event and the audit row of what happened to a password; no digits. A part."""
    snapshot = {
        "owner": password.owner.reference,
        "version": password.version,
        "lock_level": password.lock_level,
    }
    record_event(kind=kind, subject=password.pk, at=at, payload=snapshot)
    record_audit(
        action=kind,
        subject=password.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=snapshot,
    )


def _right_guess(
    owner: PasswordOwner, pin: str, *, client_ip: str | None, at: datetime
) -> guesses.Guess:
    """Return the attempt if it was right. Raises as `verify_pin` does."""
    guess = guesses.evaluate(owner, pin)
    if guess.is_right:
        return guess
    with transaction.atomic(durable=True):
        password = locks.locked_password(owner)
        hindrance = guesses.hindrance(owner)
        if password is not None and guess.is_last and isinstance(hindrance, PasswordLockedError):
            tell(password, "password.locked", actor=owner.reference, at=at, client_ip=client_ip)
    raise hindrance


def _insert_once(owner: PasswordOwner, stored: StoredPin, *, at: datetime) -> PaymentPassword:
    try:
        with transaction.atomic():
            return PaymentPassword.objects.create(
                owner_kind=owner.kind,
                owner_id=owner.id,
                encoded=stored.encoded,
                pepper_version=stored.pepper_version,
                set_at=at,
            )
    except IntegrityError as error:
        raise PasswordAlreadySetError from error


def _known_numbers(owner: PasswordOwner) -> tuple[str, ...]:
    """Return what others know of the owner: the partner's number, or the name they sign in by."""
    if owner.kind == pins.PAYER:
        return tuple(Payer.objects.filter(pk=owner.id).values_list("external_no", flat=True))
    return tuple(
        MerchantMember.objects.filter(pk=int(owner.id)).values_list("user__username", flat=True)
    )


def _digest(secret: str) -> bytes:
    """Return what is kept of a token's secret. It holds 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()

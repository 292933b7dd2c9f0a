"""Help those who cannot get past their password: unlocks and resets by two people, and one's own.

One person of the staff asks, another decides. An unlock ends a lock before its time; a reset
takes the digits away, so that the owner sets new ones. A merchant's member who has just proved
who they are puts new digits in place themselves. After a reset payouts rest for a day.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import DatabaseClock
from risk import locks, pins
from risk.actions import guesses, passwords
from risk.errors import NothingToUnlockError, PasswordNotSetError, ReliefNotAskedError
from risk.models import PaymentPassword
from risk.pins import PasswordOwner
from risk.queries.passwords import open_relief, standing

PAYOUTS_REST = timedelta(hours=24)


class Relief(models.TextChoices):
    """What two people may do for an owner."""

    UNLOCK = "password_unlock", _("unlock")
    RESET = "password_reset", _("reset")


def relief_payload(password: PaymentPassword, relief: Relief) -> dict[str, Any]:
    """Return what people are shown and agree to; its digest is what an approval is about."""
    return {
        "password": password.pk,
        "owner": password.owner.reference,
        "relief": str(relief),
        "version": password.version,
        "lock_level": password.lock_level,
        "is_set": password.encoded != "",
    }


@transaction.atomic(durable=True)
def request_relief(
    password_id: str,
    relief: Relief,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask another person to unlock or reset a password. Nothing changes before they agree.

    Raises NothingToUnlockError if there is no lock to take off, or no digits to take away, and
    ApprovalClosedError when the same is asked for already; nothing is written then.
    """
    password = locks.locked_password_by_id(password_id)
    _require_needed(password, relief)
    request = approvals.request_approval(
        kind=relief,
        object_type="payment_password",
        object_id=password.pk,
        payload=relief_payload(password, relief),
        maker=actor,
        at=at,
    )
    record_audit(
        action=f"{relief}.requested",
        subject=password.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after={"request": request.pk},
    )
    return request


@transaction.atomic(durable=True)
def approve_relief(
    password_id: str, relief: Relief, *, shown_digest: bytes, decider: Decider, at: datetime
) -> PaymentPassword:
    """Agree to an unlock or a reset, and carry it out.

    Raises ReliefNotAskedError, SelfApprovalError, StaleApprovalError when the password is no
    longer as it was shown, NothingToUnlockError, ApprovalExpiredError or AlreadyDecidedError;
    nothing is written then.
    """
    password = locks.locked_password_by_id(password_id)
    request = _asked(password, relief)
    _require_needed(password, relief)
    request = approvals.decide(
        request.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return password
    payload = relief_payload(password, relief)
    if relief == Relief.RESET:
        _take_digits_away(password)
    else:
        _unlock(password)
    if not approvals.execute_unchanged({request.pk: payload}, at=at):
        raise StaleApprovalError(object_id=password.pk)
    passwords.tell(
        password,
        "password.reset" if relief == Relief.RESET else "password.unlocked",
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
    )
    return password


@transaction.atomic(durable=True)
def reject_relief(
    password_id: str,
    relief: Relief,
    *,
    shown_digest: bytes,
    decider: Decider,
    at: datetime,
    reason: str,
) -> PaymentPassword:
    """Say no to an unlock or a reset; the password stays as it is.

    Raises what `approve_relief` raises; nothing is written then.
    """
    password = locks.locked_password_by_id(password_id)
    approvals.decide(
        _asked(password, relief).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return password


@sensitive_variables()
def reset_own_password(
    *, owner: PasswordOwner, pin: str, actor: str, client_ip: str | None, at: datetime
) -> None:
    """Put new digits in the place of forgotten ones; the member's payouts rest for a day.

    For a merchant's member who has proved who they are in the last minutes; the door sees to
    that. A payer has nothing to prove it with here, so theirs is reset by two people.

    Raises WeakPasswordError, PasswordNotSetError or PasswordBusyError; nothing is written then.
    """
    assert owner.kind == pins.MEMBER, "a payer's password is reset by two people"
    passwords.require_strong(pin, owner=owner)
    stored = guesses.stored_of(pin, owner=owner)
    with transaction.atomic(durable=True):
        password = locks.locked_password(owner)
        if password is None:
            raise PasswordNotSetError
        passwords.replace_digits(password, stored, at=at)
        _let_payouts_rest(password)
        passwords.tell(password, "password.reset", actor=actor, at=at, client_ip=client_ip)


def _asked(password: PaymentPassword, relief: Relief) -> ApprovalRequest:
    request = open_relief(password.pk, relief)
    if request is None:
        raise ReliefNotAskedError
    return request


def _require_needed(password: PaymentPassword, relief: Relief) -> None:
    """Refuse an unlock of what is not locked, or that only a reset opens; a reset of nothing."""
    now = standing(password.owner)
    is_needed = now.is_set if relief == Relief.RESET else now.locked_until is not None
    if not is_needed:
        raise NothingToUnlockError


def _unlock(password: PaymentPassword) -> None:
    """End the lock. The next one is as long as if this one had run out: its level stays."""
    password.attempts = 0
    password.locked_until = None
    password.save(update_fields=["attempts", "locked_until"])


def _take_digits_away(password: PaymentPassword) -> None:
    password.encoded = ""
    password.pepper_version = ""
    password.version += 1
    password.attempts = 0
    password.lock_level = 0
    password.locked_until = None
    password.save(
        update_fields=[
            *("encoded", "pepper_version", "version", "attempts", "lock_level", "locked_until"),
        ]
    )
    _let_payouts_rest(password)


def _let_payouts_rest(password: PaymentPassword) -> None:
    PaymentPassword.objects.filter(pk=password.pk).update(
        frozen_until=DatabaseClock() + PAYOUTS_REST
    )

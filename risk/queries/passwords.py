"""How a password stands: whether it is set, locked, or resting after a reset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import DatabaseClock, MerchantMember, Payment
from risk.models import PaymentPassword
from risk.pins import PAYMENT, PasswordOwner, TokenBinding

ATTEMPTS_MAX = 5
"""How many wrong attempts there are before it is locked."""

LEVEL_RESET_ONLY = 3
"""The lock level from which only a reset leads."""


@dataclass(frozen=True, slots=True)
class PasswordStanding:
    """How an owner's password stands at this moment, by the database's clock (UTC).

    `was_reset` says that there was one and a new one has to be set. `locked_until` and
    `frozen_until` are None once they have passed.
    """

    is_set: bool
    was_reset: bool = False
    attempts_left: int = ATTEMPTS_MAX
    locked_until: datetime | None = None
    needs_reset: bool = False
    frozen_until: datetime | None = None
    set_at: datetime | None = None


def standing(owner: PasswordOwner) -> PasswordStanding:
    """Return how the owner's password stands. One query."""
    row = (
        PaymentPassword.objects.filter(owner_kind=owner.kind, owner_id=owner.id)
        .annotate(now=DatabaseClock())
        .first()
    )
    if row is None:
        return PasswordStanding(is_set=False)
    now: datetime = row.now
    return PasswordStanding(
        is_set=row.encoded != "",
        was_reset=row.encoded == "",
        attempts_left=ATTEMPTS_MAX - row.attempts % ATTEMPTS_MAX,
        locked_until=_ahead(row.locked_until, now=now),
        needs_reset=row.lock_level >= LEVEL_RESET_ONLY,
        frozen_until=_ahead(row.frozen_until, now=now),
        set_at=row.set_at,
    )


def frozen_until(owner: PasswordOwner) -> datetime | None:
    """Return until when the owner's payouts rest after a reset (UTC), or None if they do not."""
    return (
        PaymentPassword.objects.filter(
            owner_kind=owner.kind, owner_id=owner.id, frozen_until__gt=DatabaseClock()
        )
        .values_list("frozen_until", flat=True)
        .first()
    )


def payment_binding(payment: Payment) -> TokenBinding:
    """Return what a token for this payment is bound to, as it stands now. One query."""
    return TokenBinding(
        deed=PAYMENT,
        subject=payment.pk,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        payees=tuple(payment.allocations.order_by("place").values_list("merchant_id", flat=True)),
    )


def merchant_names(payment: Payment) -> Sequence[str]:
    """Return whose money a payment becomes, by name, in the order of its allocations."""
    return list(payment.allocations.order_by("place").values_list("merchant__name", flat=True))


def owner_of_member(*, user_id: int, merchant_id: str) -> PasswordOwner:
    """Return a person at one merchant as the owner of their settlement password.

    Raises MerchantMember.DoesNotExist.
    """
    membership = MerchantMember.objects.only("pk").get(user_id=user_id, merchant_id=merchant_id)
    return PasswordOwner.member(membership.pk)


def open_relief(password_id: str, kind: str) -> ApprovalRequest | None:
    """Return the request about an unlock or a reset that waits for its second person, or None."""
    return ApprovalRequest.objects.filter(
        object_id=password_id, kind=kind, state=ApprovalState.PENDING
    ).first()


def is_asked_above(amount_minor: int, *, currency: str) -> bool:
    """Tell whether an amount is above what goes without a password (PAYMENT_PASSWORD_ABOVE)."""
    above: int | None = settings.PAYMENT_PASSWORD_ABOVE.get(currency)
    return above is not None and amount_minor > above


def _ahead(at: datetime | None, *, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None

"""Money that a channel holds for us: what an authorisation means, and how it ends. Parts.

An authorisation moves no money, so nothing of it is booked; only its captures are.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet

from ledger.rounds import each
from payments import locks
from payments.actions import moves, voids
from payments.capture_states import DEAD_CAPTURES
from payments.channels import registry
from payments.channels.base import Outcome
from payments.errors import MethodCannotHoldError
from payments.models import Authorisation, Capturing, Payment, PaymentAttempt, PaymentMethod
from payments.queries.authorisations import authorisations_ending, lapses_at
from payments.queries.methods import CHANNEL_OF_METHOD
from payments.states import PaymentStatus

MARGIN = timedelta(hours=12)
"""How long before its end an authorisation is given back: nobody took it."""

RETRY = timedelta(days=1)
"""After how long a channel is told again to give back what it refused to."""

EXPIRED = "authorization_expired"
DIFFERS = "authorization_differs"
NOT_WANTED = "not_wanted"
ENDING_MAX = 500


def require_holding(payment: Payment, method: str) -> None:
    """Refuse a method that cannot do what a payment asks for: to hold its money first.

    Raises MethodCannotHoldError; nothing is written then.
    """
    if payment.capture_mode != Capturing.MANUAL:
        return
    channel = CHANNEL_OF_METHOD.get(PaymentMethod(method))
    if channel is None or method not in registry.TRAITS[channel].authorises:
        raise MethodCannotHoldError(method=PaymentMethod(method).label)


def record_authorised(
    payment: Payment, *, attempt: PaymentAttempt, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Make a payment `authorized` whose money a channel says that it holds. A part; it is locked.

    What nobody wants is given back at once and never taken: of a payment that is being closed, or
    was, of one that has an authorisation, or of another amount than is owed. The latter closes
    the payment with the code `authorization_differs`: as no money came, none waits in suspense.
    Recording the same outcome twice changes nothing.
    """
    assert connection.in_atomic_block, "record_authorised is a part; open a transaction around it"
    if Authorisation.objects.filter(attempt=attempt).exists():
        return
    fits = (outcome.amount_minor, outcome.currency) == (payment.amount_minor, payment.currency)
    is_awaited = payment.status == PaymentStatus.AWAITING_PAYMENT
    authorised_at = outcome.paid_at or at
    authorisation = Authorisation.objects.create(
        payment=payment,
        attempt=attempt,
        amount_minor=outcome.amount_minor or payment.amount_minor,
        currency=outcome.currency or payment.currency,
        is_spare=not (fits and is_awaited),
        authorised_at=authorised_at,
        expires_at=authorised_at + registry.TRAITS[attempt.channel_account.channel].holds_for,
    )
    if not authorisation.is_spare:
        payment.method = attempt.method
        moves.move(payment, PaymentStatus.AUTHORIZED, actor=actor, at=at)
        return
    if is_awaited:
        moves.move(payment, PaymentStatus.CLOSING, code=DIFFERS, actor=actor, at=at)
    else:
        moves.tell(payment, "payment.authorized_in_vain", actor=actor, at=at)
    voids.order(authorisation, code=payment.status_code or NOT_WANTED, actor=actor, at=at)


def expire_authorisations(*, actor: str, at: datetime) -> int:
    """Give back what nobody took before its end; return how many. Idempotent.

    MARGIN before its end a hold is voided, and what its channel refuses to give back again each
    RETRY. It is held until the channel lets it go by itself, which may be long after the end we
    set: only then has it lapsed. Each is its own transaction.
    """
    ending = _ending(at).values_list("pk", flat=True)[:ENDING_MAX]
    return each(partial(_expire, hold_id, actor=actor, at=at) for hold_id in list(ending))


def _ending(at: datetime) -> QuerySet[Authorisation]:
    return authorisations_ending(at=at, before=at + MARGIN, again=at - RETRY)


@transaction.atomic(durable=True)
def _expire(authorisation_id: str, *, actor: str, at: datetime) -> bool:
    payment_id = Authorisation.objects.values_list("payment_id", flat=True).get(pk=authorisation_id)
    payment = locks.locked_payment(payment_id)
    authorisation = (
        _ending(at)
        .select_related("attempt__operation", "attempt__channel_account")
        .filter(pk=authorisation_id)
        .first()
    )
    if authorisation is None:
        return False
    authorisation.payment = payment
    is_refused = authorisation.voids.filter(status__in=DEAD_CAPTURES).exists()
    if is_refused and lapses_at(authorisation) <= at:
        voids.end(authorisation, code=EXPIRED, actor=actor, at=at)
    else:
        voids.order(authorisation, code=EXPIRED, actor=actor, at=at)
    return True

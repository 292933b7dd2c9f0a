"""What a payment uses of its limits: counted from its judgement until no money can come of it.

`risk` judges and counts (`payments.actions.judgements`); here is decided when that ends. Parts.
"""

from datetime import datetime

from django.db import connection
from django.db.models import Q

from payments.models import Authorisation, Payment
from payments.queries.calendar import business_date_of
from payments.screening import get_screener
from payments.states import LIVE_ATTEMPTS, PaymentStatus

_WITH_MONEY = (PaymentStatus.AUTHORIZED, PaymentStatus.PAID, PaymentStatus.CONFLICTED)
"""States of payments that have money, or have it held; what came too late people decide about."""


def give_back(payment: Payment, *, at: datetime) -> None:
    """Give back what a payment uses of limits, if no money can come of it any more. A part.

    The payment is locked by the caller, who has written down how its tries stand. It stays counted
    while it has money, one of its tries is live, a page of it was left open and is asked about, or
    something is held of it: an unknown outcome is never given back. Who ends the last of these
    calls this again. Doing it twice changes nothing.
    """
    assert connection.in_atomic_block, "give_back is a part; open a transaction around it"
    if payment.status not in _WITH_MONEY and not _may_take_money(payment):
        get_screener().give_back(payment.pk, at=at)


def count(payment: Payment, *, at: datetime) -> None:
    """Count a payment that is paid or held, if what it used was given back before. A part.

    Money may come by a try that had failed or was closed, or of a hold that had ended; nobody can
    refuse it, so it counts whatever the limits say, on the business day of `at`. Call it once all
    is booked: counters are locked last. Doing it twice changes nothing.
    """
    assert connection.in_atomic_block, "count is a part; open a transaction around it"
    if payment.status in (PaymentStatus.AUTHORIZED, PaymentStatus.PAID):
        get_screener().count_again(payment.pk, business_date=business_date_of(at), at=at)


def _may_take_money(payment: Payment) -> bool:
    tries = payment.attempts.filter(Q(status__in=LIVE_ATTEMPTS) | Q(is_left_open=True))
    if tries.exists():
        return True
    return Authorisation.objects.filter(payment=payment, ended_at=None).exists()

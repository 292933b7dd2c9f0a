"""Having a payment judged by risk: when its payer confirms it, or when its money came late."""

from datetime import datetime

from django.db import connection

from ledger.actions.audit import record_audit
from payments.actions import limits
from payments.models import ParkedMoney, Payment
from payments.queries.calendar import business_date_of
from payments.screening import Judgement, ScreeningRequest, Verdict, get_screener


def judge(payment: Payment, *, at: datetime, token: str = "") -> Judgement:
    """Let risk judge a payment, and count it against its limits if it may go on. A part.

    The payment is locked by the caller. `token` is what its payer got for their password.
    """
    assert connection.in_atomic_block, "judge is a part; open a transaction around it"
    return get_screener().screen(
        ScreeningRequest(
            payment_id=payment.id,
            payer_id=payment.payer_id,
            merchant_ids=tuple(
                payment.allocations.order_by("place").values_list("merchant_id", flat=True)
            ),
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            method=payment.method,
            client_ip=payment.client_ip,
            business_date=business_date_of(at),
            at=at,
            credential_id=payment.created_by_id,
            token=token,
        )
    )


def passes_late(parked: ParkedMoney, *, actor: str, at: datetime) -> bool:
    """Have late money judged before it is taken; tell whether it is let pass. A part.

    It counts on the day on which it is taken: what its payment used of limits was given back when
    that was closed, unless a page of it was open still; then it is counted. Nobody is there to be
    challenged. What is not let pass uses no limit, and the reason is kept for the people who
    decide instead.
    """
    judgement = judge(parked.payment, at=at)
    if judgement.verdict == Verdict.ALLOW:
        return True
    limits.give_back(parked.payment, at=at)
    record_audit(
        action="payment_resolution.left_to_people",
        subject=parked.pk,
        actor=actor,
        at=at,
        reason=judgement.code,
        after={"verdict": judgement.verdict.value, "screening": str(judgement.screening_id)},
    )
    return False

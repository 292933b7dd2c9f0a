"""When the account that a payment went to cannot take it: the next one is tried, at once.

Only when nothing can be at the channel: not one byte of the order ever left, or the channel
turned it away for what the account is or lacks. So does one that waits for a line which is dead
or held back. An order whose outcome is unknown is never given another account, and one that the
payer was refused is theirs to try again. Each account is tried once, so it ends.
"""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from ledger.actions.audit import record_audit
from payments import locks
from payments.actions import closing, orders
from payments.actions.operations import Lease
from payments.channels import registry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelAccount, PaymentAttempt
from payments.queries import routing, sending
from payments.states import AttemptStatus, PaymentStatus

ACTOR: Final = "task:payments.failover"
LINE_DEAD: Final = "line_dead"
"""Nobody answered at its account, so the order was not sent there."""
HELD_BACK: Final = "held_back"
"""People said stop at its account, so the order was not sent there."""
_WORDS: Final = {
    LINE_DEAD: "Its line was dead, so it was not sent and goes to another account.",
    HELD_BACK: "It was held back, so it was not sent and goes to another account.",
}


def other_account(
    attempt: PaymentAttempt, *, lease: Lease, outcome: Outcome, at: datetime
) -> ChannelAccount | None:
    """Return the account that shall take a payment after this outcome of a try, else None. A part.

    Called before the outcome is recorded: only an order on its first way out is `sending`. One
    that was ever unknown may be at the channel, whatever is said of it now.
    """
    assert connection.in_atomic_block, "other_account is a part; open a transaction around it"
    if lease.is_question or attempt.operation.status != AttemptStatus.SENDING:
        return None
    if not (outcome.kind is OutcomeKind.NOT_SENT or _is_refused_account(attempt, outcome)):
        return None
    return _next_account(attempt, at=at)


def is_last_resort(attempt: PaymentAttempt, *, lease: Lease, outcome: Outcome) -> bool:
    """Tell whether an order that never left was the last that could be tried: another failed.

    Then its payer is told, and may choose again. Where there is no other account at all, the order
    waits for its line as ever.
    """
    if outcome.kind is not OutcomeKind.NOT_SENT or lease.is_question:
        return False
    failed = PaymentAttempt.objects.filter(
        payment_id=attempt.payment_id, status=AttemptStatus.FAILED, method=attempt.method
    )
    return failed.exclude(channel_account_id=attempt.channel_account_id).exists()


def try_elsewhere(
    attempt: PaymentAttempt, *, account: ChannelAccount, actor: str, at: datetime
) -> None:
    """Have a payment whose try has failed for certain tried by another account. A part.

    Nothing is judged again and no limit is counted again: the payment, its payer and its method
    are those that were judged.
    """
    orders.prepare_attempt(attempt.payment, account=account, at=at)
    record_audit(
        action="payment.tried_elsewhere",
        subject=attempt.payment_id,
        actor=actor,
        at=at,
        reason=attempt.operation.code,
        before={"channel_account": attempt.channel_account_id},
        after={"channel_account": account.pk},
    )


@transaction.atomic(durable=True)
def leave_line(attempt_id: str, *, at: datetime) -> bool:
    """Have a payment tried elsewhere whose order never left and may not; tell whether it is so.

    An order that is `prepared` was never sent, nor can anybody be sending it: it is claimed under
    the lock of its try. It fails here, and the limits of its payment stay counted. Where no other
    account takes it, or it may leave by now, it waits as before. Twice changes nothing.
    """
    attempt = locks.locked_attempt(attempt_id)
    if attempt.operation.status != AttemptStatus.PREPARED:
        return False
    code = _why_kept(attempt)
    account = _next_account(attempt, at=at) if code else None
    if account is None or not closing.fail_unsent(attempt, code=code, words=_WORDS[code], at=at):
        return False
    try_elsewhere(attempt, account=account, actor=ACTOR, at=at)
    return True


def _why_kept(attempt: PaymentAttempt) -> str:
    """Say why the order of a try may not leave now; empty when it may."""
    if sending.is_held(attempt.operation):
        return HELD_BACK
    return LINE_DEAD if sending.is_dead(attempt.channel_account_id) else ""


def _next_account(attempt: PaymentAttempt, *, at: datetime) -> ChannelAccount | None:
    """Return where a payment goes next, None when its payer wants it otherwise or no way is left.

    Its payment is locked: who has cancelled it, or chosen another method, was first.
    """
    payment = attempt.payment
    is_wanted = (
        payment.status == PaymentStatus.AWAITING_PAYMENT
        and not attempt.is_withdrawn
        and payment.method == attempt.method
        and at < payment.expires_at
    )
    return routing.other_account_for(payment, at=at) if is_wanted else None


def _is_refused_account(attempt: PaymentAttempt, outcome: Outcome) -> bool:
    refusals = registry.TRAITS[attempt.channel_account.channel].account_refusals
    return outcome.kind is OutcomeKind.FAILED and outcome.code in refusals

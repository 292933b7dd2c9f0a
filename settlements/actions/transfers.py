"""Payouts by transfer from a channel's wallet: sent by a worker, believed only when asked.

Each exchange with the channel is two transactions with the call between them; no network inside
a transaction. What was ever sent is asked about, and never sent again before the channel has had
its time to know it (design of unknown outcomes, R1 to R10).
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction

from ledger.actions.approvals import digest_of
from ledger.errors import DecryptionError, StaleApprovalError
from payments.actions import operations, order_resolutions
from payments.actions.channels import transfer_channel_of
from payments.actions.exchanges import DUE_MAX, Exchange, timed
from payments.actions.operations import Lease
from payments.channels.base import Outcome, OutcomeKind, TransferRequest
from payments.models import ChannelAccount, ChannelKind, ChannelOperation, DatabaseClock
from payments.queries import sending
from payments.states import OperationStatus
from settlements import locks
from settlements.actions import payout_orders, payouts, transfer_outcomes
from settlements.errors import PayoutContradictedError
from settlements.models import Payout
from settlements.queries.destinations import account_number_of
from settlements.queries.payouts import contradicted_among, transfers_due
from settlements.queries.settlements import payloads_of
from settlements.states import PayoutStatus

SEND_ACTOR: Final = "task:settlements.send_payout"
PAYEE_UNREADABLE: Final = "payee_unreadable"
"""Our own code: none of our encryption keys opens the payee's account, so nothing was sent."""


def send_payout(payout_id: str, *, at: datetime) -> None:
    """Send a queued payout by transfer. Sending twice is impossible: what was sent is asked about.

    The settlement is compared once more with what two people approved; one that changed is not
    paid. Booked (E08) and committed before the call. A payout that is not queued any more, or
    whose channel account is switched off, is left alone.

    Raises PayoutNotFoundError.
    """
    lease = _claim_to_send(payout_id, at=at)
    if lease is not None:
        _EXCHANGE.place_claimed(payout_id, lease=lease, at=at)


def query_payout(payout_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a payout, and believe only that answer. Idempotent.

    When the channel told us something (`is_notified`) also about one whose end is known: a
    transfer that was made may come back.

    Raises PayoutNotFoundError.
    """
    if is_notified and transfer_outcomes.is_over(payout_id):
        transfer_outcomes.look_again(payout_id, outcome=timed(_ask, payout_id, at), at=at)
    else:
        _EXCHANGE.query(payout_id, at=at, is_notified=is_notified)


def resolve_payout(payout_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a transfer. Idempotent."""
    order_resolutions.carry_out(payout_id, record=_record, at=at)


def defer_due(*, at: datetime) -> int:
    """Have every transfer looked after that is due; return how many. The janitor's deed.

    Those that wait to be sent, whose next question is due, or whose sender died.
    """
    return _EXCHANGE.have_looked_after(transfers_due(limit=DUE_MAX), at=at)


@transaction.atomic(durable=True)
def _claim_to_send(payout_id: str, *, at: datetime) -> Lease | None:
    """Take the lease, book and commit, before anything leaves the house.

    The settlement is locked before the order, as everywhere, so that nobody cancels meanwhile.
    """
    payout = locks.locked_payout(payout_id)
    if payout.status != PayoutStatus.QUEUED or not _is_ours_to_send(payout):
        return None
    # Asked before the approval is executed; whoever would place a hold waits for us from now on.
    if sending.is_held(payout.operation) or not _is_agreed(payout, at=at):
        return None
    lease = operations.claim_to_send(payout_id)
    if lease is None:
        # Its line died meanwhile: the approval stays as it was, for when the order can leave.
        transaction.set_rollback(True)
        return None
    payout_orders.mirror(payout, PayoutStatus.SENDING, code="", at=at)
    if payout.entry_id is None:
        transfer_outcomes.instruct(payout, actor=SEND_ACTOR, at=at)
    return lease


def _may_go_again(payout_id: str, _at: datetime) -> bool:
    """Tell whether a transfer that its channel does not know may leave once more."""
    return _is_ours_to_send(locks.locked_payout(payout_id))


def _is_ours_to_send(payout: Payout) -> bool:
    """Tell whether money may leave the account that a payout goes by: people may have said no."""
    account = payout.operation.channel_account
    return account.can_transfer and account.is_enabled and account.channel != ChannelKind.BANK


def _is_agreed(payout: Payout, *, at: datetime) -> bool:
    """Execute the approval if this is still what was approved; else see that it is not paid.

    A transfer that could not leave before was executed then: it is compared again. Nothing is
    sent of a settlement that an earlier payout may have paid.
    """
    settlement = payout.settlement
    if payout.entry_id is None:
        return bool(payouts.executed_unchanged([settlement], actor=SEND_ACTOR, at=at))
    if contradicted_among([settlement.pk]):
        code = PayoutContradictedError.code
    elif digest_of(payloads_of([settlement.pk])[settlement.pk]) == bytes(
        settlement.approved_digest or b""
    ):
        return True
    else:
        code = StaleApprovalError.code
    if payout.operation.lease_token is None:
        payout_orders.move_payout(
            payout, PayoutStatus.SENDING, order=OperationStatus.SENDING, at=at
        )
        payouts.fail(payout, code=code, actor=SEND_ACTOR, at=at)
        transfer_outcomes.confirm_failure(payout, at=at)
        payout_orders.tell(payout, at=at)
    return False


def _place(payout_id: str, at: datetime) -> Outcome:
    account, payout, stamped_at = _read(payout_id)
    if contradicted_among([payout.settlement_id]):
        # Learned since it was claimed, or since an order that the channel does not know was sent.
        return Outcome(OutcomeKind.NOT_SENT, code=PayoutContradictedError.code)
    destination = payout.destination
    assert destination is not None, "a transfer knows where it goes"
    settlement = payout.settlement
    try:
        number = account_number_of(destination)
    except DecryptionError as error:
        # The payee's, not the line's: other transfers of this account go on.
        return Outcome(OutcomeKind.NOT_SENT, code=PAYEE_UNREADABLE, message=str(error))
    request = TransferRequest(
        channel_no=payout.operation.channel_no,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        account=number,
        account_type=destination.account_type,
        holder_name=destination.holder_name,
        title=f"{settlement.business_date:%Y-%m-%d}",
        remark=settlement.pk,
        stamped_at=stamped_at,
    )
    return transfer_channel_of(account).transfer(request)


def _ask(payout_id: str, at: datetime) -> Outcome:
    account, payout, stamped_at = _read(payout_id)
    outcome = transfer_channel_of(account).query_transfer(
        payout.operation.channel_no, at=stamped_at
    )
    return _believable(payout, outcome)


def _believable(payout: Payout, outcome: Outcome) -> Outcome:
    """Keep what differs from our order from being taken for its outcome: people look (R7)."""
    told = (outcome.amount_minor, outcome.currency)
    if outcome.amount_minor is None or told == (payout.amount_minor, payout.currency):
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN, code=transfer_outcomes.AMOUNT_DIFFERS)


def _read(payout_id: str) -> tuple[ChannelAccount, Payout, datetime]:
    """Read what the channel is told, with the database's clock: requests carry machine time."""
    payout = (
        Payout.objects.select_related("settlement", "destination", "operation__channel_account")
        .annotate(stamped_at=DatabaseClock())
        .get(pk=payout_id)
    )
    return payout.operation.channel_account, payout, payout.stamped_at


@transaction.atomic(durable=True)
def _record(subject: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for payout and settlement."""
    payout = locks.locked_payout(subject)
    outcome = _believable(payout, outcome)
    operations.record_outcome(payout.operation, lease=lease, outcome=outcome, at=at)
    transfer_outcomes.follow(payout, outcome=outcome, actor=lease.actor, at=at)
    return payout.operation


# Claimed by `_claim_to_send`, which locks the settlement first.
_EXCHANGE = Exchange(
    "payout",
    place=_place,
    ask=_ask,
    record=_record,
    may_go=_may_go_again,
    room="settlements",
)

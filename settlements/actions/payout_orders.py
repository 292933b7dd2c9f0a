"""Preparing, dropping and moving payouts with their orders to the bank. Parts only."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import F

from ledger import jobs
from ledger.identifiers import new_id
from payments.actions.events import record_event
from payments.actions.operations import channel_no_of
from payments.models import (
    ChannelAccount,
    ChannelKind,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
)
from payments.models.operations import UNSENT_AFTER
from payments.states import OPERATION, OperationStatus
from settlements import locks, states
from settlements.errors import NoBankAccountError, NoWalletError
from settlements.models import Destination, DestinationKind, Payout, Settlement
from settlements.states import PayoutStatus


def queue_payout(settlement: Settlement, *, at: datetime) -> Payout:
    """Prepare the one order to pay an approved settlement, to its destination. A part.

    Banks are told by the next payment file, Alipay by a job of its own. The order's number, the
    EndToEndId in the file, is the payout's id in capitals without underscore.

    Raises NoBankAccountError or NoWalletError when no enabled account of ours could pay it.
    """
    assert connection.in_atomic_block, "queue_payout is a part; open a transaction around it"
    destination = settlement.destination
    assert destination is not None, "what is approved has its destination"
    payer = _payer_for(destination)
    is_by_file = payer.channel == ChannelKind.BANK
    payout_id = new_id("po")
    operation = ChannelOperation.objects.create(
        kind=OperationKind.PAYOUT,
        channel_account=payer,
        channel_no=channel_no_of(payout_id),
        subject=payout_id,
        amount_minor=settlement.net_minor,
        currency=settlement.currency,
        # A bank is told by a file, and reports by itself: nobody asks it.
        next_query_at=None if is_by_file else DatabaseClock() + UNSENT_AFTER,
        created_at=at,
    )
    payout = Payout.objects.create(
        id=payout_id,
        settlement=settlement,
        operation=operation,
        destination=destination,
        approval=settlement.approval,
        amount_minor=settlement.net_minor,
        currency=settlement.currency,
        created_at=at,
    )
    tell(payout, at=at)
    if not is_by_file:
        jobs.defer("settlements.send_payout", at=at, payout_id=payout_id)
    return payout


def _payer_for(destination: Destination) -> ChannelAccount:
    """Choose the account of ours that pays to a destination: the oldest that can."""
    able = ChannelAccount.objects.filter(currency=destination.currency, is_enabled=True)
    if destination.kind == DestinationKind.BANK:
        bank_account = able.filter(channel=ChannelKind.BANK).order_by("created_at", "pk").first()
        if bank_account is None:
            raise NoBankAccountError(currency=destination.currency)
        return bank_account
    wallet = (
        able.filter(channel=destination.kind, can_transfer=True)
        .order_by("created_at", "pk")
        .first()
    )
    if wallet is None:
        raise NoWalletError(currency=destination.currency)
    return wallet


def drop_queued_payouts(settlement_ids: Collection[str], *, code: str, at: datetime) -> None:
    """End the queued payouts of locked settlements that shall not be paid. A part.

    Nothing was sent and nothing booked, so they have failed for certain.
    """
    assert connection.in_atomic_block, "drop_queued_payouts is a part"
    for payout in locks.locked_queued_payouts(settlement_ids):
        move_payout(payout, PayoutStatus.SENDING, order=OperationStatus.SENDING, at=at)
        move_payout(payout, PayoutStatus.FAILED, order=OperationStatus.FAILED, code=code, at=at)
        tell(payout, at=at)


def move_payout(
    payout: Payout,
    status: PayoutStatus,
    *,
    order: OperationStatus,
    at: datetime,
    code: str = "",
) -> None:
    """Move one locked payout and its order on, and save them. A part.

    Raises IllegalMoveError.
    """
    assert connection.in_atomic_block, "move_payout is a part; open a transaction around it"
    operation = payout.operation
    OPERATION.require_move(operation.status, order)
    is_final = mirror(payout, status, code=code, at=at)
    operation.status = order
    operation.code = code
    operation.finished_at = at if is_final else None
    operation.save(update_fields=["status", "code", "message", "channel_ref", "finished_at"])


def mirror(payout: Payout, status: PayoutStatus, *, code: str, at: datetime) -> bool:
    """Move a locked payout after its order, and save it; return if that is its end. A part.

    Raises IllegalMoveError.
    """
    states.PAYOUT.require_move(payout.status, status)
    is_final = status in (PayoutStatus.SUCCEEDED, PayoutStatus.FAILED, PayoutStatus.RETURNED)
    payout.status = status
    payout.status_code = code[:60]
    payout.finished_at = at if is_final else None
    payout.save(update_fields=["status", "status_code", "finished_at", "bank_reference"])
    return is_final


def move_payouts(
    payouts: Sequence[Payout], status: PayoutStatus, *, order: OperationStatus
) -> None:
    """Move locked payouts and their orders on together, as the tables of states allow. A part."""
    assert connection.in_atomic_block, "move_payouts is a part; open a transaction around it"
    for payout in payouts:
        states.PAYOUT.require_move(payout.status, status)
        OPERATION.require_move(payout.operation.status, order)
        payout.status = status
        payout.operation.status = order
    Payout.objects.filter(pk__in=[payout.pk for payout in payouts]).update(status=status)
    orders = ChannelOperation.objects.filter(pk__in=[payout.operation_id for payout in payouts])
    if order == OperationStatus.SENDING:
        orders.update(status=order, sends=F("sends") + 1, first_sent_at=DatabaseClock())
    else:
        orders.update(status=order)


def tell(payout: Payout, *, at: datetime) -> None:
    """Write the event of a payout's new state. A part."""
    record_event(
        kind=f"payout.{payout.status}",
        subject=payout.pk,
        at=at,
        payload={
            "status": payout.status,
            "code": payout.status_code,
            "settlement": payout.settlement_id,
            "amount": payout.amount_minor,
            "currency": payout.currency,
        },
    )

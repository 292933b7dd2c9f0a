"""The only row locks of settlements.

Order: opening, merchant account, settlement, payout, operation.
"""

from collections.abc import Collection, Sequence

from django.db import connection

from payments.models import ChannelAccount, MerchantAccount
from settlements.errors import PayoutNotFoundError, SettlementNotFoundError
from settlements.models import BillLine, Destination, Opening, Payout, Settlement
from settlements.opening_files import OpeningNotFoundError
from settlements.states import PayoutStatus, SettlementStatus

PAYABLE = (SettlementStatus.APPROVED, SettlementStatus.PAY_FAILED, SettlementStatus.RETURNED)
"""States of a settlement whose queued payout may leave."""


def locked_merchant_accounts(
    *, currency: str, after_id: int, limit: int
) -> Sequence[MerchantAccount]:
    """Return the next `limit` merchant accounts after an id, locked in id order.

    Under this lock nothing of these merchants matures, is drafted or is released.
    """
    return list(
        MerchantAccount.objects.select_for_update()
        .filter(currency=currency, pk__gt=after_id)
        .order_by("pk")[:limit]
    )


def locked_merchant_account(merchant_id: str, *, currency: str) -> MerchantAccount:
    """Return one merchant's account, locked. Raises MerchantAccount.DoesNotExist."""
    return MerchantAccount.objects.select_for_update().get(
        merchant_id=merchant_id, currency=currency
    )


def locked_settlement(settlement_id: str) -> Settlement:
    """Return the settlement, locked until the transaction ends.

    Raises SettlementNotFoundError.
    """
    try:
        return Settlement.objects.select_for_update().get(pk=settlement_id)
    except Settlement.DoesNotExist as error:
        raise SettlementNotFoundError from error


def locked_settlements(settlement_ids: Collection[str]) -> list[Settlement]:
    """Return settlements with their requests, in id order, locked until the transaction ends."""
    return list(
        Settlement.objects.select_for_update(of=("self",))
        .filter(pk__in=settlement_ids)
        .select_related("approval")
        .order_by("pk")
    )


def locked_settlement_with_account(settlement_id: str) -> tuple[Settlement, MerchantAccount]:
    """Return the settlement and its merchant's account, both locked, the account first.

    Raises SettlementNotFoundError.
    """
    owner = Settlement.objects.filter(pk=settlement_id).values_list("merchant_id", "currency")
    for merchant_id, currency in owner:
        account = locked_merchant_account(merchant_id, currency=currency)
        return locked_settlement(settlement_id), account
    raise SettlementNotFoundError


def locked_settlements_to_pay(*, bank_account_id: str, limit: int) -> Sequence[Settlement]:
    """Return approved settlements whose payout waits for this bank account, locked in id order.

    Also those that failed or came back and were approved anew. What another exporter or a
    cancelling person holds is passed over: it goes to their file, or to none.
    """
    waiting = Payout.objects.filter(
        operation__channel_account_id=bank_account_id, status=PayoutStatus.QUEUED
    )
    return list(
        Settlement.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("approval")
        .filter(status__in=PAYABLE, pk__in=waiting.values("settlement_id"))
        .order_by("pk")[:limit]
    )


def locked_queued_payouts(settlement_ids: Collection[str]) -> Sequence[Payout]:
    """Return the queued payouts of settlements that are locked already, with their operations."""
    return list(
        Payout.objects.select_for_update(of=("self", "operation"))
        .select_related("operation")
        .filter(settlement_id__in=settlement_ids, status=PayoutStatus.QUEUED)
        .order_by("pk")
    )


def locked_payouts_by_number(
    channel_nos: Collection[str], *, bank_account_id: str
) -> dict[str, Payout]:
    """Return a bank account's payouts by our number for them, each with its settlement, locked.

    Numbers that are not ours are left out.
    """
    ours = Payout.objects.filter(
        operation__channel_no__in=channel_nos, operation__channel_account_id=bank_account_id
    )
    settlements = {
        settlement.pk: settlement
        for settlement in Settlement.objects.select_for_update()
        .filter(pk__in=ours.values("settlement_id"))
        .order_by("pk")
    }
    payouts = (
        ours.select_for_update(of=("self", "operation"))
        .select_related("operation", "payment_file")
        # A file's content would come once for every payout in it: a gigabyte for a thousand.
        .defer("payment_file__content_encrypted")
        .order_by("pk")
    )
    found: dict[str, Payout] = {}
    for payout in payouts:
        payout.settlement = settlements[payout.settlement_id]
        found[payout.operation.channel_no] = payout
    return found


def locked_payout(payout_id: str) -> Payout:
    """Return a payout with its settlement and its order, locked in this order.

    Its destination and its order's channel account come with it, not locked.

    Raises PayoutNotFoundError.
    """
    settlement_id = (
        Payout.objects.filter(pk=payout_id).values_list("settlement_id", flat=True).first()
    )
    if settlement_id is None:
        raise PayoutNotFoundError
    settlement = locked_settlement(settlement_id)
    payout = (
        Payout.objects.select_for_update(of=("self", "operation"))
        .select_related("operation__channel_account", "destination")
        .get(pk=payout_id)
    )
    payout.settlement = settlement
    return payout


def locked_bill_line(line_id: int) -> BillLine:
    """Return a line of a bank statement with its bill, locked itself.

    Raises BillLine.DoesNotExist.
    """
    return (
        BillLine.objects.select_for_update(of=("self",))
        .select_related("bill")
        .defer("bill__content_encrypted")
        .get(pk=line_id)
    )


def locked_bank_account(bank_account_id: str) -> ChannelAccount:
    """Return our bank account, locked against other imports and exports of it.

    Raises ChannelAccount.DoesNotExist.
    """
    # FOR NO KEY UPDATE: orders that are just being written may still point at the account.
    return ChannelAccount.objects.select_for_update(no_key=True).get(pk=bank_account_id)


def locked_active_destination(merchant_id: str, *, currency: str) -> Destination | None:
    """Return the merchant's active destination, locked, or None if there is none yet."""
    return (
        Destination.objects.select_for_update()
        .filter(merchant_id=merchant_id, currency=currency, is_active=True)
        .first()
    )


def locked_opening(opening_id: str) -> Opening:
    """Return a file of opening balances, locked. Raises OpeningNotFoundError."""
    try:
        return Opening.objects.select_for_update().get(pk=opening_id)
    except Opening.DoesNotExist as error:
        raise OpeningNotFoundError from error


def hold_openings() -> None:
    """Let nobody else hand in or agree to opening balances until the transaction ends.

    So that of two files at once the second is checked against the first, and none is agreed to
    while its day is being closed. Taken before every row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('settlements_opening'))")

"""Recording what the bank's report says of the payouts in one of our files."""

from datetime import datetime
from typing import Any

from django.db import connection

from payments.models import ChannelAccount
from settlements import locks
from settlements.actions import payouts
from settlements.actions.payouts import PayoutOutcome, PayoutResult, Recorded
from settlements.bills.base import PaymentReport, TransferOutcome, TransferResult
from settlements.models import OpenReason, Payout

RESULTS = {
    TransferOutcome.SUCCEEDED: PayoutResult.SUCCEEDED,
    TransferOutcome.FAILED: PayoutResult.FAILED,
    # The bank took the order back before it moved money.
    TransferOutcome.CANCELLED: PayoutResult.FAILED,
    TransferOutcome.PROCESSING: PayoutResult.PENDING,
}
REASONS = {
    Recorded.CONTRADICTS: OpenReason.CONTRADICTS,
    Recorded.NOT_SENT: OpenReason.NOT_SENT,
}
"""Why a result could not be recorded; those that are not here were."""


def record_report(
    report: PaymentReport, *, bank_account: ChannelAccount, actor: str, at: datetime
) -> dict[str, Any]:
    """Move the payouts that the report names, and return counts and what is unexplained. A part.

    A result about another file, another amount or a number that is not ours moves nothing and
    is listed as unexplained, with a reason of OpenReason.
    """
    assert connection.in_atomic_block, "record_report is a part; open a transaction around it"
    results = {result.end_to_end_id: result for result in report.results} or _of_whole_file(
        report, bank_account=bank_account
    )
    ours = locks.locked_payouts_by_number(results, bank_account_id=bank_account.pk)
    counts = {recorded.value: 0 for recorded in Recorded}
    unexplained: dict[str, str] = {}
    for number, result in results.items():
        payout = ours.get(number)
        reason = _objection(payout, result, report=report)
        if payout is not None and reason is None:
            recorded = payouts.record_payout_outcome(payout, _outcome(result), actor=actor, at=at)
            counts[recorded.value] += 1
            reason = REASONS.get(recorded)
        if reason is not None:
            unexplained[number] = reason.value
    return {
        "results": len(results),
        "changed": counts[Recorded.CHANGED.value],
        "unchanged": counts[Recorded.UNCHANGED.value],
        "unexplained": unexplained,
    }


def _of_whole_file(
    report: PaymentReport, *, bank_account: ChannelAccount
) -> dict[str, TransferResult]:
    """Spread a word on the whole file over its payouts, where the bank names none of them."""
    if report.group_outcome is None:
        return {}
    numbers = Payout.objects.filter(
        payment_file__message_id=report.original_message_id,
        payment_file__bank_account=bank_account,
    ).values_list("operation__channel_no", flat=True)
    return {
        number: TransferResult(
            end_to_end_id=number,
            status=report.group_status,
            outcome=report.group_outcome,
            reason_code=report.group_reason_code,
            text=report.group_text,
        )
        for number in numbers
    }


def _objection(
    payout: Payout | None, result: TransferResult, *, report: PaymentReport
) -> OpenReason | None:
    """Say why a result cannot be about our payout, if it cannot."""
    if payout is None:
        return OpenReason.UNKNOWN
    file = payout.payment_file
    if file is None or file.message_id != report.original_message_id:
        return OpenReason.NOT_SENT
    told = (result.amount_minor, result.currency)
    if result.amount_minor is not None and told != (payout.amount_minor, payout.currency):
        return OpenReason.AMOUNT_DIFFERS
    return None


def _outcome(result: TransferResult) -> PayoutOutcome:
    return PayoutOutcome(
        result=RESULTS[result.outcome],
        code=result.reason_code or result.status,
        message=result.text,
    )

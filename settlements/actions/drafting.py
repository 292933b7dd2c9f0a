"""Writing settlements with their items, for runs and for merchants who ask, in few statements.

No line is ever loaded: sums come from one statement and items go by another, so a million lines
cost what PostgreSQL needs to copy them. Nothing of these merchants changes meanwhile, because
their accounts are locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from ledger.identifiers import new_id
from payments.actions import debts
from payments.actions.events import record_event
from payments.models import BalanceTransaction, LineKind, MerchantAccount
from payments.queries.calendar import OpenDays
from settlements.models import Destination, Settlement, SettlementBatch
from settlements.postings import settlements as postings
from settlements.queries.lines import LineSums, through


@dataclass(frozen=True, slots=True)
class Draft:
    """One settlement about to be written, with its payout fee's line if there is a fee."""

    settlement: Settlement
    account: MerchantAccount
    payout_fee_minor: int
    fee_line_id: str


def plan(
    account: MerchantAccount,
    lines: LineSums,
    *,
    destination: Destination,
    payout_fee_minor: int,
    business_date: date,
    at: datetime,
    batch: SettlementBatch | None = None,
    merchant_settlement_no: str = "",
    requested_by: str = "",
) -> Draft:
    """Put a settlement of these lines together; nothing is written yet.

    It is of a run (`batch`), or the merchant asked for it under a number of their own.
    """
    settlement = Settlement(
        id=new_id("stl"),
        batch=batch,
        merchant_settlement_no=merchant_settlement_no,
        requested_by=requested_by,
        merchant_id=account.merchant_id,
        destination=destination,
        currency=account.currency,
        gross_minor=lines.gross_minor,
        fee_minor=lines.fee_minor + payout_fee_minor,
        net_minor=lines.net_minor - payout_fee_minor,
        item_count=lines.count + (1 if payout_fee_minor else 0),
        business_date=business_date,
        created_at=at,
    )
    return Draft(
        settlement=settlement,
        account=account,
        payout_fee_minor=payout_fee_minor,
        fee_line_id=new_id("txn") if payout_fee_minor else "",
    )


def write(drafts: Sequence[Draft], *, at: datetime) -> None:
    """Charge the payout fees, hold the nets, write the settlements and their items. A part.

    The drafts are of one currency, and their merchants' accounts are locked. They are booked on
    their business day, or on the first open one when its books are closed.
    """
    assert connection.in_atomic_block, "write is a part; open a transaction around it"
    open_days = OpenDays()
    _recover_debts(drafts, open_days, at=at)
    _book(drafts, open_days, at=at)
    _list_items(drafts)


def tell(settlement: Settlement, *, at: datetime) -> None:
    """Write the event of a settlement that was drafted. A part."""
    record_event(
        kind="settlement.drafted",
        subject=settlement.pk,
        at=at,
        payload={
            "status": settlement.status,
            "code": settlement.status_code,
            "merchant": settlement.merchant_id,
            "amount": settlement.net_minor,
            "currency": settlement.currency,
        },
    )


def _recover_debts(drafts: Sequence[Draft], open_days: OpenDays, *, at: datetime) -> None:
    """Take what the merchants owe first (E16a): their lines add up to what is left after it."""
    for business_date in {draft.settlement.business_date for draft in drafts}:
        debts.recover_debts(
            [draft.account for draft in drafts if draft.settlement.business_date == business_date],
            effective_date=open_days(business_date),
            at=at,
        )


def _book(drafts: Sequence[Draft], open_days: OpenDays, *, at: datetime) -> None:
    """Charge the payout fees (E07f) with their lines, hold the nets (E07a), write the rows."""
    charged = [draft for draft in drafts if draft.payout_fee_minor]
    entry_ids = journal.post_entries(
        [_fee_entry(draft, open_days, at=at) for draft in charged]
        + [_hold_entry(draft, open_days, at=at) for draft in drafts]
    )
    BalanceTransaction.objects.bulk_create(
        BalanceTransaction(
            id=draft.fee_line_id,
            merchant_id=draft.settlement.merchant_id,
            entry_id=entry_id,
            kind=LineKind.PAYOUT_FEE,
            source=draft.settlement.pk,
            currency=draft.settlement.currency,
            gross_minor=0,
            fee_minor=draft.payout_fee_minor,
            net_minor=-draft.payout_fee_minor,
            effective_date=open_days(draft.settlement.business_date),
            available_on=draft.account.matured_through_date,
            created_at=at,
        )
        for draft, entry_id in zip(charged, entry_ids[: len(charged)], strict=True)
    )
    for draft, entry_id in zip(drafts, entry_ids[len(charged) :], strict=True):
        draft.settlement.hold_entry_id = entry_id
    Settlement.objects.bulk_create([draft.settlement for draft in drafts])


def _fee_entry(draft: Draft, open_days: OpenDays, *, at: datetime) -> Entry:
    return postings.payout_fee(
        draft.settlement.pk,
        merchant_id=draft.settlement.merchant_id,
        fee_minor=draft.payout_fee_minor,
        currency=draft.settlement.currency,
        effective_date=open_days(draft.settlement.business_date),
        at=at,
    )


def _hold_entry(draft: Draft, open_days: OpenDays, *, at: datetime) -> Entry:
    return postings.held(
        draft.settlement.pk,
        merchant_id=draft.settlement.merchant_id,
        net_minor=draft.settlement.net_minor,
        currency=draft.settlement.currency,
        effective_date=open_days(draft.settlement.business_date),
        at=at,
    )


def _list_items(drafts: Sequence[Draft]) -> None:
    """List the exact lines of every settlement, by one INSERT … SELECT.

    The order is not for looks: it makes PostgreSQL read all lines before it writes the first
    item. Else the question whether a line is settled already reads what is being written, and
    the first run of an empty table takes the square of its lines.
    """
    charged = [draft for draft in drafts if draft.payout_fee_minor]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO settlements_settlementitem
                 (settlement_id, balance_transaction_id, net_minor)
               SELECT s.id, l.id, l.net_minor
               FROM unnest(%s::text[], %s::text[], %s::date[]) AS s (id, merchant_id, through)
               JOIN payments_balancetransaction l
                 ON l.merchant_id = s.merchant_id AND l.currency = %s
                AND l.available_on <= s.through AND l.source <> s.id
               WHERE NOT EXISTS (
                 SELECT FROM settlements_settlementitem i
                 WHERE i.balance_transaction_id = l.id AND i.released_at IS NULL)
               UNION ALL
               SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[])
               ORDER BY 1, 2""",
            [
                [draft.settlement.pk for draft in drafts],
                [draft.settlement.merchant_id for draft in drafts],
                [through(draft.account, draft.settlement.business_date) for draft in drafts],
                drafts[0].settlement.currency,
                [draft.settlement.pk for draft in charged],
                [draft.fee_line_id for draft in charged],
                [-draft.payout_fee_minor for draft in charged],
            ],
        )

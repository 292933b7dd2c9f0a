"""Giving back what a settlement held, when it is rejected or cancelled."""

from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from ledger.models import JournalEntry
from payments.models import BalanceTransaction, LineKind, MerchantAccount
from payments.queries.calendar import booking_date_of
from risk.actions import screenings
from settlements.actions import contradictions
from settlements.models import Settlement, SettlementItem
from settlements.postings import settlements as postings


def give_back(
    settlement: Settlement, *, account: MerchantAccount, at: datetime, reason: str
) -> None:
    """Make the held money available (E07b), free the lines, return payout fee and limits. A part.

    The settlement is rejected or cancelled already, and its merchant's account is locked.

    Raises PayoutContradictedError when the money may have left after all.
    """
    assert connection.in_atomic_block, "give_back is a part; open a transaction around it"
    contradictions.require_uncontradicted(settlement.pk)
    day = booking_date_of(at)
    journal.post_entry(
        postings.released(
            settlement.pk,
            merchant_id=settlement.merchant_id,
            net_minor=settlement.net_minor,
            currency=settlement.currency,
            effective_date=day,
            at=at,
        )
    )
    SettlementItem.objects.filter(settlement=settlement, released_at=None).update(released_at=at)
    _return_payout_fee(settlement, account=account, day=day, at=at, reason=reason)
    screenings.give_back(settlement.pk, at=at)


def _return_payout_fee(
    settlement: Settlement, *, account: MerchantAccount, day: date, at: datetime, reason: str
) -> None:
    """Reverse E07f with a line of its own: nothing was paid out, so nothing is charged."""
    charged = JournalEntry.objects.filter(source=postings.fee_source(settlement.pk)).first()
    if charged is None:
        return
    line = BalanceTransaction.objects.get(entry=charged)
    entry_id = journal.reverse_entry(charged, effective_date=day, at=at, reason=reason[:300])
    BalanceTransaction.objects.create(
        merchant_id=settlement.merchant_id,
        entry_id=entry_id,
        kind=LineKind.PAYOUT_FEE,
        source=settlement.pk,
        currency=settlement.currency,
        gross_minor=0,
        fee_minor=-line.fee_minor,
        net_minor=line.fee_minor,
        effective_date=day,
        available_on=account.matured_through_date,
        created_at=at,
    )

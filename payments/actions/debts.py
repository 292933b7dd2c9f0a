"""Taking back what the platform advanced to merchants, before they can have it (E16a)."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from ledger.models import AccountBalance
from payments.models import MerchantAccount
from payments.postings import debts as postings


def recover_debts(
    accounts: Collection[MerchantAccount], *, effective_date: date, at: datetime
) -> int:
    """Offset merchants' debts against what is available to them, as far as it goes. A part.

    The accounts are locked by the caller, and at most half as many as the ledger takes postings
    in a call. It writes no line: lines and books say available less debt. Returns what was
    recovered, in minor units. Doing it again does nothing more.
    """
    assert connection.in_atomic_block, "recover_debts is a part; open a transaction around it"
    debtors = {account.debt_account_id: account for account in accounts}
    debts = AccountBalance.objects.filter(pk__in=list(debtors), balance_minor__gt=0).in_bulk()
    if not debts:
        return 0
    available = dict(
        AccountBalance.objects.filter(
            pk__in=[debtors[pk].available_account_id for pk in debts]
        ).values_list("pk", "balance_minor")
    )
    recovered = {
        pk: min(debt.balance_minor or 0, available[debtors[pk].available_account_id])
        for pk, debt in sorted(debts.items())
    }
    journal.post_entries(
        [
            postings.debt_recovered(
                debtors[pk],
                place=debts[pk].seq,
                amount_minor=minor,
                effective_date=effective_date,
                at=at,
            )
            for pk, minor in recovered.items()
            if minor
        ]
    )
    return sum(recovered.values())

"""Making money available when its day has come (E04, E11b), and taking debts from it (E16a)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from ledger.actions import journal
from ledger.actions.audit import record_audit
from ledger.queries.periods import first_open
from payments import locks
from payments.actions import debts, refund_moves, reserves
from payments.models import MerchantAccount
from payments.postings import maturity as postings

CHUNK = 400
"""Merchants of one transaction; two postings each, below the ledger's limit of a call."""


@dataclass(frozen=True, slots=True)
class Maturity:
    """What matured: how many merchant accounts moved on, and how much became available."""

    accounts: int
    amount_minor: int


def mature(*, currency: str, business_date: date, actor: str, at: datetime) -> Maturity:
    """Make available what is due through `business_date`, and move the merchants' dates on.

    Runs in chunks of merchants, each its own transaction, so that a crash resumes where it was;
    running it again for the same day changes nothing. Merchants who are being paid at this
    moment, or whom another worker matures, are left for the end and then waited for. Reserves
    that were kept long enough go back as well. What a merchant owes us is taken first; refunds
    that wait for funds are tried again. A day that is closed already is booked on the first open
    one.
    """
    accounts = amount_minor = 0
    is_patient = False
    while True:
        chunk = _mature_chunk(
            currency=currency,
            business_date=business_date,
            is_patient=is_patient,
            actor=actor,
            at=at,
        )
        accounts += chunk.accounts
        amount_minor += chunk.amount_minor
        if chunk.accounts == 0 and is_patient:
            return Maturity(accounts=accounts, amount_minor=amount_minor)
        is_patient = chunk.accounts == 0


@transaction.atomic(durable=True)
def _mature_chunk(
    *, currency: str, business_date: date, is_patient: bool, actor: str, at: datetime
) -> Maturity:
    due = locks.locked_merchant_accounts_due(
        currency=currency, business_date=business_date, limit=CHUNK, is_patient=is_patient
    )
    if not due:
        return Maturity(accounts=0, amount_minor=0)
    amounts = _amounts_due([account.pk for account in due], business_date=business_date)
    day = first_open(business_date)
    journal.post_entries(
        [
            postings.matured(
                account,
                amount_minor=amounts[account.pk],
                business_date=business_date,
                effective_date=day,
                at=at,
            )
            for account in due
            if amounts.get(account.pk)
        ]
    )
    reserves.release_due(due, business_date=business_date, effective_date=day, at=at)
    debts.recover_debts(due, effective_date=day, at=at)
    MerchantAccount.objects.filter(pk__in=[account.pk for account in due]).update(
        matured_through_date=business_date
    )
    refund_moves.call_the_waiting(at=at)
    total_minor = sum(amounts.values())
    record_audit(
        action="maturity.run",
        subject=f"{currency}:{business_date}",
        actor=actor,
        at=at,
        after={"accounts": len(due), "amount": total_minor, "currency": currency},
    )
    return Maturity(accounts=len(due), amount_minor=total_minor)


def _amounts_due(account_ids: list[int], *, business_date: date) -> dict[int, int]:
    """Sum the pending lines that come due, per merchant account, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT m.id, sum(l.net_minor)::bigint
               FROM payments_merchantaccount m
               JOIN payments_balancetransaction l
                 ON l.merchant_id = m.merchant_id AND l.currency = m.currency
                AND l.available_on > m.matured_through_date AND l.available_on <= %s
               WHERE m.id = ANY(%s)
               GROUP BY m.id""",
            [business_date, account_ids],
        )
        return dict(cursor.fetchall())

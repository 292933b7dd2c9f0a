"""Questions about the lines that a settlement could take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection

from payments.models import FeePlan, MerchantAccount


@dataclass(frozen=True, slots=True)
class LineSums:
    """What one merchant's open lines add up to, in minor units."""

    gross_minor: int
    fee_minor: int
    net_minor: int
    count: int


def payout_fee_minor(plan: FeePlan, *, currency: str) -> int:
    """Return what a payout costs; a plan of another currency has no fee that could be charged."""
    return plan.payout_fee_minor if plan.currency == currency else 0


def through(account: MerchantAccount, business_date: date) -> date:
    """Return the last day whose lines a settlement of `business_date` takes of this merchant."""
    return min(business_date, account.matured_through_date)


def open_sums(through_dates: Mapping[str, date], *, currency: str) -> dict[str, LineSums]:
    """Sum the lines that are in no live settlement, by merchant, in one statement.

    `through_dates` names the merchants, each with the last business day whose lines count.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.merchant_id, sum(l.gross_minor)::bigint, sum(l.fee_minor)::bigint,
                      sum(l.net_minor)::bigint, count(*)
               FROM unnest(%s::text[], %s::date[]) AS m (merchant_id, through)
               JOIN payments_balancetransaction l
                 ON l.merchant_id = m.merchant_id AND l.currency = %s
                AND l.available_on <= m.through
               WHERE NOT EXISTS (
                 SELECT FROM settlements_settlementitem i
                 WHERE i.balance_transaction_id = l.id AND i.released_at IS NULL)
               GROUP BY l.merchant_id""",
            [list(through_dates), list(through_dates.values()), currency],
        )
        return {merchant_id: LineSums(*sums) for merchant_id, *sums in cursor.fetchall()}

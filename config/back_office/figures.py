"""The figures of the home page, all of them from the books: one query each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import BigIntegerField, Case, F, Q, Sum, When

from ledger import chart
from ledger.models import AccountBalance, Posting
from ledger.models.accounts import Side

DAYS = 30

_PAID = Q(entry__kind="payment_paid", account__code=chart.CHANNEL_RECEIVABLE, side=Side.DEBIT)
_FEES = Q(account__code__in=[chart.SERVICE_FEE, chart.PAYOUT_FEE])
_PAID_OUT = Q(
    entry__kind="payout_confirmed", account__code=chart.PAYOUTS_IN_TRANSIT, side=Side.DEBIT
)


@dataclass(frozen=True, slots=True)
class DayMoney:
    """What one business day brought in one currency, in minor units.

    `fees_minor` is what the platform earned; a fee that was given back counts against it.
    """

    date: date
    paid_minor: int = 0
    fees_minor: int = 0
    paid_out_minor: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """The debits and the credits of all accounts in one currency, in minor units."""

    currency: str
    debits_minor: int
    credits_minor: int


def money_by_day(*, until: date) -> dict[str, list[DayMoney]]:
    """Return, by currency, the last 30 business days up to and with `until`, without gaps."""
    first = until - timedelta(days=DAYS - 1)
    rows = (
        Posting.objects.filter(
            _PAID | _FEES | _PAID_OUT,
            entry__effective_date__gte=first,
            entry__effective_date__lte=until,
        )
        .order_by()
        .values("currency", day=F("entry__effective_date"))
        .annotate(
            paid=Sum("amount_minor", filter=_PAID, default=0),
            fees=Sum(_SIGNED_CREDIT, filter=_FEES, default=0),
            paid_out=Sum("amount_minor", filter=_PAID_OUT, default=0),
        )
    )
    found: dict[str, dict[date, DayMoney]] = defaultdict(dict)
    for row in rows:
        found[row["currency"]][row["day"]] = DayMoney(
            row["day"], int(row["paid"]), int(row["fees"]), int(row["paid_out"])
        )
    days = [first + timedelta(days=count) for count in range(DAYS)]
    return {
        currency: [of_currency.get(day, DayMoney(day)) for day in days]
        for currency, of_currency in sorted(found.items())
    }


def sums_of_the_books() -> list[Sums]:
    """Add up all debits and all credits, by currency; they are equal or the books are wrong."""
    rows = (
        AccountBalance.objects.order_by("account__currency")
        .values_list("account__currency")
        .annotate(Sum("debits_minor"), Sum("credits_minor"))
    )
    return [Sums(currency, int(debits), int(credits_)) for currency, debits, credits_ in rows]


_SIGNED_CREDIT = Case(
    When(side=Side.CREDIT, then=F("amount_minor")),
    default=-F("amount_minor"),
    output_field=BigIntegerField(),
)

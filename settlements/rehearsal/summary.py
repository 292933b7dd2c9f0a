"""What exists so far, in a few figures: what the demo ends with."""

from collections import Counter

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from ledger.models import Period
from ledger.models.periods import PeriodKind
from ledger.money import to_decimal_text
from ledger.queries.integrity import Report
from ledger.queries.periods import closed_through
from ledger.states import PeriodState
from payments.models import BalanceTransaction, Payment, Refund
from payments.states import PaymentStatus, RefundStatus
from settlements.models import Payout, Settlement
from settlements.rehearsal.month import PLAN
from settlements.states import PayoutStatus, SettlementStatus


def summary(proof: Report) -> list[tuple[str, str]]:
    """Return what exists so far, label and figure: paid, fees, paid out, and what `proof` says."""
    currency = PLAN.currency
    paid = Payment.objects.filter(currency=currency, status=PaymentStatus.PAID).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    lines = BalanceTransaction.objects.filter(currency=currency).aggregate(fee=Sum("fee_minor"))
    statuses = Counter(
        Payment.objects.filter(currency=currency)
        .exclude(status=PaymentStatus.PAID)
        .values_list("status", flat=True)
    )
    payouts = Payout.objects.filter(currency=currency, status=PayoutStatus.SUCCEEDED).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    waiting = Counter(
        Settlement.objects.filter(currency=currency)
        .exclude(status=SettlementStatus.PAID)
        .values_list("status", flat=True)
    )
    refunds = Refund.objects.filter(currency=currency, status=RefundStatus.SUCCEEDED).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    return [
        (_("payments paid"), f"{paid['count']}  {to_decimal_text(paid['amount'] or 0, currency)}"),
        (_("not paid"), _counted(statuses)),
        (_("refunded"), f"{refunds['count']}  {to_decimal_text(refunds['amount'] or 0, currency)}"),
        (_("fees earned"), to_decimal_text(lines["fee"] or 0, currency)),
        (_("paid out"), f"{payouts['count']}  {to_decimal_text(payouts['amount'] or 0, currency)}"),
        (_("settlements waiting"), _counted(waiting)),
        (_("days closed"), _closed_days()),
        (
            _("books balanced"),
            _("yes, %(count)d laws") % {"count": len(proof.results)} if proof.is_sound else _("NO"),
        ),
    ]


def _closed_days() -> str:
    days = Period.objects.filter(kind=PeriodKind.DAY, state=PeriodState.CLOSED).count()
    through = closed_through()
    return (
        str(days)
        if not days
        else _("%(count)d, through %(day)s")
        % {
            "count": days,
            "day": through,
        }
    )


def _counted(statuses: Counter[str]) -> str:
    found = ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))
    return found or _("none")

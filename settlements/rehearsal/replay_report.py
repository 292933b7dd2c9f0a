"""What a replay came to, tied to the files it came from and to the books."""

import unicodedata
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from ledger import chart
from ledger.models import AccountBalance
from ledger.money import to_decimal_text
from payments.models import (
    BalanceTransaction,
    ChannelAccount,
    ChannelKind,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    Refund,
    RefundAllocation,
)
from payments.postings.owners import UNALLOCATED
from payments.states import PaymentStatus, RefundStatus
from settlements.models import Bill, BillKind, BillLine, BillLineState, Payout, Settlement
from settlements.queries import integrity
from settlements.rehearsal.marketplace import Plan
from settlements.rehearsal.olist import METHOD_OF_KIND, PREFIX, Orders, amounts_of
from settlements.states import PayoutStatus, SettlementStatus


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what the files (or the other book) say, and what we have."""

    label: str
    expected: str
    found: str

    @property
    def is_tied(self) -> bool:
        """Tell whether the two agree."""
        return self.expected == self.found


@dataclass
class ReplayReport:
    """The table of a replay, and the lists that explain its differences."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_tied(self) -> bool:
        """Tell whether every figure agrees."""
        return all(row.is_tied for row in self.rows)

    @property
    def figures(self) -> dict[str, list[str]]:
        """Return the table for machines."""
        return {row.label: [row.expected, row.found] for row in self.rows}

    def add(self, label: str, expected: object, found: object) -> None:
        """Add a figure; numbers and texts are compared as they are shown."""
        self.rows.append(Row(label, str(expected), str(found)))

    def add_money(
        self, label: str, expected_minor: int | None, found_minor: int | None, *, currency: str
    ) -> None:
        """Add an amount in minor units; nothing is a zero."""
        self.add(
            f"{label}, {currency}",
            to_decimal_text(expected_minor or 0, currency),
            to_decimal_text(found_minor or 0, currency),
        )

    def as_text(self) -> str:
        """Write the table with a mark for each row, then the notes."""
        width = max(_width(row.label) for row in self.rows) + 2
        heads = "".join(_left_padded(head, 18) for head in (_("expected"), _("found")))
        lines = [" " * width + heads]
        for row in self.rows:
            mark = "✓" if row.is_tied else "✗"
            lines.append(f"{_padded(row.label, width)}{row.expected:>18}{row.found:>18}  {mark}")
        return "\n".join([*lines, "", *self.notes])


def tie(orders: Orders, *, plan: Plan, owed_minor: int) -> ReplayReport:
    """Compare files, payments, lines, books, settlements and bank, and list what explains them.

    `owed_minor` is what the channels say that they owe us: after refunds on the last days it may
    lie below zero, and then waits for the takings of a day that does not come.
    """
    report = ReplayReport()
    _tie_payments(report, orders, plan.currency)
    _tie_books(report, orders, plan.currency, owed_minor=owed_minor)
    _tie_payouts(report, plan.currency)
    _tie_bank(report, plan)
    proof = integrity.verify()
    broken = sum(1 for law in proof.results if law.violations)
    report.add(_("laws of the books broken"), 0, broken)
    _explain(report, orders, plan.currency)
    return report


def _tie_payments(report: ReplayReport, orders: Orders, currency: str) -> None:
    ours = Payment.objects.filter(merchant=None, merchant_order_no__startswith=f"{PREFIX}-")
    paid = ours.filter(status=PaymentStatus.PAID).aggregate(
        count=Count("id"), amount=Sum("amount_minor"), rest=Sum("unallocated_minor")
    )
    allocated = PaymentAllocation.objects.filter(
        payment__in=ours.filter(status=PaymentStatus.PAID)
    ).aggregate(count=Count("id"), amount=Sum("amount_minor"))
    expected = amounts_of(orders.paid)
    report.add(_("payments made"), len(orders.purchases), ours.count())
    report.add(
        _("payments only owed"),
        len(orders.purchases) - expected.count,
        ours.filter(status=PaymentStatus.CREATED).count(),
    )
    report.add(_("payments paid"), expected.count, paid["count"])
    report.add(_("allocations"), expected.allocations, allocated["count"])
    for label, expected_minor, found_minor in (
        (_("paid"), expected.total_minor, paid["amount"]),
        (_("allocated"), expected.allocated_minor, allocated["amount"]),
        (_("unallocated"), expected.unallocated_minor, paid["rest"]),
    ):
        report.add_money(label, expected_minor, found_minor, currency=currency)
    _tie_ways(report, orders, currency)


def _tie_ways(report: ReplayReport, orders: Orders, currency: str) -> None:
    """Compare what went each way, and what came back of it."""
    paid = Payment.objects.filter(
        merchant=None,
        merchant_order_no__startswith=f"{PREFIX}-",
        status=PaymentStatus.PAID,
    )
    for method in PaymentMethod:
        expected = amounts_of(one for one in orders.paid if one.method == method)
        found = paid.filter(method=method).aggregate(amount=Sum("amount_minor"))
        label = _("paid by %(method)s") % {"method": method.label}
        report.add_money(label, expected.total_minor, found["amount"], currency=currency)
    refunds = Refund.objects.filter(
        payment__in=paid, status__in=[RefundStatus.SUCCEEDED]
    ).aggregate(count=Count("id"), amount=Sum("amount_minor"), rest=Sum("unallocated_minor"))
    shares = RefundAllocation.objects.filter(
        refund__payment__in=paid, refund__status=RefundStatus.SUCCEEDED
    ).count()
    expected = amounts_of(orders.refunded)
    report.add(_("payments refunded"), expected.count, refunds["count"])
    report.add(_("allocations refunded"), expected.allocations, shares)
    report.add_money(_("refunded"), expected.total_minor, refunds["amount"], currency=currency)
    report.add_money(
        _("refunded of what belonged to nobody"),
        expected.unallocated_minor,
        refunds["rest"],
        currency=currency,
    )


def _tie_books(report: ReplayReport, orders: Orders, currency: str, *, owed_minor: int) -> None:
    paid, refunded = amounts_of(orders.paid), amounts_of(orders.refunded)
    lines = BalanceTransaction.objects.filter(currency=currency).aggregate(
        gross=Sum("gross_minor"), fee=Sum("fee_minor")
    )
    fees_minor = _balance(chart.SERVICE_FEE, currency) + _balance(chart.PAYOUT_FEE, currency)
    for label, expected_minor, found_minor in (
        (_("lines, gross"), paid.allocated_minor - refunded.allocated_minor, lines["gross"]),
        (_("lines, fees = fees earned (4001, 4002)"), lines["fee"], fees_minor),
        (
            _("suspense of nobody (2901)"),
            paid.unallocated_minor - refunded.unallocated_minor,
            _balance(chart.SUSPENSE_LONG, currency, owner_id=UNALLOCATED),
        ),
        (
            _("channels still owe us, as they say (1101)"),
            owed_minor,
            _balance(chart.CHANNEL_RECEIVABLE, currency),
        ),
        (_("refunds in transit (2101)"), 0, _balance(chart.REFUND_PAYABLE, currency)),
        (_("payouts in transit (2401)"), 0, _balance(chart.PAYOUTS_IN_TRANSIT, currency)),
        (_("merchants owe us (1201)"), 0, _balance(chart.MERCHANT_DEBT, currency)),
    ):
        report.add_money(label, expected_minor, found_minor, currency=currency)


def _tie_payouts(report: ReplayReport, currency: str) -> None:
    settled = Settlement.objects.filter(currency=currency)
    paid_out = Payout.objects.filter(currency=currency, status=PayoutStatus.SUCCEEDED).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    waiting = settled.exclude(status=SettlementStatus.PAID).count()
    report.add(_("settlements that wait for somebody"), 0, waiting)
    report.add(_("settlements = payouts confirmed"), settled.count(), paid_out["count"])
    left_minor = sum(
        _balance(code, currency)
        for code in (chart.MERCHANT_PENDING, chart.MERCHANT_AVAILABLE, chart.SETTLEMENT_HOLD)
    )
    net = BalanceTransaction.objects.filter(currency=currency).aggregate(net=Sum("net_minor"))
    report.add_money(
        _("lines, net = paid out and left with merchants"),
        net["net"],
        (paid_out["amount"] or 0) + left_minor,
        currency=currency,
    )


def _tie_bank(report: ReplayReport, plan: Plan) -> None:
    bank = ChannelAccount.objects.get(
        channel=ChannelKind.BANK, merchant_no=plan.bank_account_no, currency=plan.currency
    )
    statement = (
        Bill.objects.filter(channel_account=bank, kind=BillKind.BANK_STATEMENT)
        .order_by("-imported_at", "-id")
        .first()
    )
    report.add_money(
        _("bank's statement = bank (1001)"),
        statement.closing_minor if statement else 0,
        _balance(chart.BANK, plan.currency, owner_id=bank.id),
        currency=plan.currency,
    )
    unknown = BillLine.objects.filter(bill__channel_account=bank, state=BillLineState.OPEN)
    report.add(_("bank lines nobody knows"), 0, unknown.count())


def _explain(report: ReplayReport, orders: Orders, currency: str) -> None:
    """List what the figures leave out, with the reasons."""
    notes = report.notes
    notes.append(_("Orders: %(count)d, by status:") % {"count": orders.order_count})
    notes += [f"  {count:>6}  {status}" for status, count in orders.statuses.most_common()]
    notes.append(_("Payments by kind, and the way each kind goes:"))
    notes += [
        f"  {count:>6}  {kind} → {METHOD_OF_KIND[kind]}"
        for kind, count in orders.kinds.most_common()
    ]
    if orders.unpaid:
        notes.append(_("Left out, with the reason:"))
        notes += [f"  {count:>6}  {reason}" for reason, count in orders.unpaid.most_common()]
    notes.append(_("Payments refused: %(count)d") % {"count": len(orders.refused)})
    notes += [f"  {order_no}  {reason}" for order_no, reason in orders.refused]
    for title, amounts in (
        (_("Paid beyond the items:"), orders.unallocated),
        (_("Short of the items:"), orders.short),
    ):
        total_minor = sum(amount_minor for _number, amount_minor in amounts)
        notes.append(f"{title} {to_decimal_text(total_minor, currency)} {currency}")
        notes += [
            f"  {number}  {to_decimal_text(amount_minor, currency)}"
            for number, amount_minor in amounts
        ]


def _balance(code: str, currency: str, *, owner_id: str | None = None) -> int:
    whose = Q() if owner_id is None else Q(account__owner_id=owner_id)
    total = AccountBalance.objects.filter(
        whose, account__code=code, account__currency=currency
    ).aggregate(total=Sum("balance_minor"))["total"]
    return int(total or 0)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _left_padded(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text

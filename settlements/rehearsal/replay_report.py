"""What a replay came to, tied to the files it came from and to the books."""

import unicodedata
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum

from ledger import chart
from ledger.models import AccountBalance
from ledger.money import to_decimal_text
from payments.models import BalanceTransaction, Payment, PaymentAllocation
from payments.postings import UNALLOCATED
from payments.states import PaymentStatus
from settlements.models import Bill, BillKind, BillLine, BillLineState, Payout, Settlement
from settlements.queries import integrity
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.olist import PREFIX, Orders
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

    def as_text(self) -> str:
        """Write the table with a mark for each row, then the notes."""
        width = max(_width(row.label) for row in self.rows) + 2
        lines = [f"{_padded('', width)}{'expected':>18}{'found':>18}"]
        for row in self.rows:
            mark = "✓" if row.is_tied else "✗"
            lines.append(f"{_padded(row.label, width)}{row.expected:>18}{row.found:>18}  {mark}")
        return "\n".join([*lines, "", *self.notes])


def tie(orders: Orders, *, market: Marketplace) -> ReplayReport:
    """Compare files, payments, lines, books, settlements and bank, and list what explains them."""
    report = ReplayReport()
    _tie_payments(report, orders, market)
    _tie_books(report, orders, market)
    _tie_payouts(report, market)
    proof = integrity.verify()
    report.add("laws of the books broken", 0, sum(1 for law in proof.results if law.violations))
    _explain(report, orders)
    return report


def _tie_payments(report: ReplayReport, orders: Orders, market: Marketplace) -> None:
    currency = market.plan.currency
    ours = Payment.objects.filter(merchant=None, merchant_order_no__startswith=f"{PREFIX}-")
    paid = ours.filter(status=PaymentStatus.PAID).aggregate(
        count=Count("id"), amount=Sum("amount_minor"), rest=Sum("unallocated_minor")
    )
    allocated = PaymentAllocation.objects.filter(payment__in=ours).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    unallocated = sum(amount_minor for _, amount_minor in orders.unallocated)
    sold = sum(purchase.amount_minor for purchase in orders.purchases)
    report.add("payments made", len(orders.purchases), ours.count())
    report.add("payments paid", len(orders.purchases), paid["count"])
    report.add(f"paid, {currency}", _money(sold, currency), _money(paid["amount"], currency))
    report.add(
        "allocations",
        sum(len(purchase.shares_minor) for purchase in orders.purchases),
        allocated["count"],
    )
    report.add(
        f"allocated, {currency}",
        _money(sold - _sold_to_nobody(orders), currency),
        _money(allocated["amount"], currency),
    )
    report.add(
        f"unallocated, {currency}",
        _money(min(unallocated, _sold_to_nobody(orders)), currency),
        _money(paid["rest"], currency),
    )


def _tie_books(report: ReplayReport, orders: Orders, market: Marketplace) -> None:
    currency = market.plan.currency
    lines = BalanceTransaction.objects.filter(currency=currency).aggregate(
        gross=Sum("gross_minor"), fee=Sum("fee_minor"), net=Sum("net_minor")
    )
    sold = sum(purchase.amount_minor for purchase in orders.purchases)
    nobody = _sold_to_nobody(orders)
    report.add(
        f"lines, gross, {currency}", _money(sold - nobody, currency), _money(lines["gross"], currency)
    )
    fees = _balance(chart.SERVICE_FEE, currency) + _balance(chart.PAYOUT_FEE, currency)
    report.add(f"fees earned, {currency}", _money(lines["fee"], currency), _money(fees, currency))
    report.add(
        f"suspense of nobody (2901), {currency}",
        _money(nobody, currency),
        _money(_balance(chart.SUSPENSE_LONG, currency, owner_id=UNALLOCATED), currency),
    )
    report.add(
        f"channel still owes us (1101), {currency}",
        _money(0, currency),
        _money(_balance(chart.CHANNEL_RECEIVABLE, currency), currency),
    )
    report.add(
        f"payouts in transit (2401), {currency}",
        _money(0, currency),
        _money(_balance(chart.PAYOUTS_IN_TRANSIT, currency), currency),
    )


def _tie_payouts(report: ReplayReport, market: Marketplace) -> None:
    currency = market.plan.currency
    settled = Settlement.objects.filter(currency=currency)
    paid_out = Payout.objects.filter(currency=currency, status=PayoutStatus.SUCCEEDED).aggregate(
        count=Count("id"), amount=Sum("amount_minor")
    )
    report.add("settlements paid", settled.count(), settled.filter(status="paid").count())
    report.add("payouts confirmed by the bank", settled.count(), paid_out["count"])
    left = sum(
        _balance(code, currency)
        for code in (chart.MERCHANT_PENDING, chart.MERCHANT_AVAILABLE, chart.SETTLEMENT_HOLD)
    )
    net = BalanceTransaction.objects.filter(currency=currency).aggregate(net=Sum("net_minor"))
    report.add(
        f"paid out and left with merchants, {currency}",
        _money(net["net"], currency),
        _money((paid_out["amount"] or 0) + left, currency),
    )
    statement = (
        Bill.objects.filter(channel_account=market.bank, kind=BillKind.BANK_STATEMENT)
        .order_by("-imported_at", "-id")
        .first()
    )
    report.add(
        f"bank (1001) = statement, {currency}",
        _money(statement.closing_minor if statement else 0, currency),
        _money(_balance(chart.BANK, currency, owner_id=market.bank.id), currency),
    )
    open_lines = BillLine.objects.filter(
        bill__channel_account=market.bank, state=BillLineState.OPEN
    )
    report.add("bank lines nobody knows", 0, open_lines.count())
    report.add(
        "settlements in review",
        0,
        settled.filter(status=SettlementStatus.REVIEW).count(),
    )


def _explain(report: ReplayReport, orders: Orders) -> None:
    currency = "BRL"
    report.notes.append(f"Orders: {orders.order_count}, by status:")
    report.notes += [f"  {count:>6}  {status}" for status, count in orders.statuses.most_common()]
    report.notes.append("Left unpaid in this release, with the reason:")
    report.notes += [f"  {count:>6}  {reason}" for reason, count in orders.unpaid.most_common()]
    report.notes.append(f"Refused: {len(orders.refused)}")
    report.notes += [f"  {order_no}  {reason}" for order_no, reason in orders.refused]
    over = sum(amount_minor for _, amount_minor in orders.unallocated)
    report.notes.append(f"Paid beyond the items: {_money(over, currency)} {currency}")
    report.notes += [
        f"  {order_no}  {_money(amount_minor, currency)}"
        for order_no, amount_minor in orders.unallocated
    ]
    short = sum(amount_minor for _, amount_minor in orders.short)
    report.notes.append(f"Short of the items: {_money(short, currency)} {currency}")
    report.notes += [
        f"  {order_id}  {_money(amount_minor, currency)}" for order_id, amount_minor in orders.short
    ]


def _sold_to_nobody(orders: Orders) -> int:
    return sum(
        purchase.amount_minor - sum(purchase.shares_minor.values())
        for purchase in orders.purchases
    )


def _balance(code: str, currency: str, *, owner_id: str | None = None) -> int:
    whose = Q() if owner_id is None else Q(account__owner_id=owner_id)
    total = AccountBalance.objects.filter(
        whose, account__code=code, account__currency=currency
    ).aggregate(total=Sum("balance_minor"))["total"]
    return int(total or 0)


def _money(amount_minor: int | None, currency: str) -> str:
    return to_decimal_text(amount_minor or 0, currency)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

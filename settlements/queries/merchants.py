"""What one merchant asks: where their money is, what comes next, what was paid out."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from payments.models import (
    BalanceTransaction,
    MerchantAccount,
    PaymentAllocation,
    RefundAllocation,
)
from payments.queries.reserves import NextRelease, SetAside, next_releases, set_aside_of
from settlements.models import Destination, Payout, Settlement, SettlementItem
from settlements.queries.settlements import HELD
from settlements.states import SettlementStatus

UNDER_WAY = (*HELD, SettlementStatus.PAYING)
"""States of a settlement whose money has not reached the merchant."""


@dataclass(frozen=True, slots=True)
class DayMoney:
    """What becomes available to a merchant on one business day, in minor units."""

    date: date
    net_minor: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A merchant's money of one currency now, in minor units, and what becomes of it.

    `total_minor` is what the platform owes the merchant: where the statement ends today. What
    is under way to the bank has left it. `held` are the settlements that explain `on_hold_minor`.
    What is set aside for review and kept in reserve is the merchant's as well, beside the total.
    """

    currency: str
    pending_minor: int
    available_minor: int
    on_hold_minor: int
    debt_minor: int
    maturing: list[DayMoney] = field(default_factory=list)
    held: list[Settlement] = field(default_factory=list)
    on_the_way: list[Settlement] = field(default_factory=list)
    destination: Destination | None = None
    frozen_minor: int = 0
    reserve_minor: int = 0
    next_release: NextRelease | None = None

    @property
    def total_minor(self) -> int:
        """Return pending and available and on hold, less the debt."""
        return self.pending_minor + self.available_minor + self.on_hold_minor - self.debt_minor

    @property
    def held_minor(self) -> int:
        """Return what the held settlements add up to."""
        return sum(settlement.net_minor for settlement in self.held)


@dataclass(frozen=True, slots=True)
class SettlementPage:
    """Some of a merchant's settlements, newest first; `before` asks for the next ones."""

    settlements: list[Settlement]
    before: str | None


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One line of a settlement and the merchant's own order number, if it is of a payment."""

    item: SettlementItem
    line: BalanceTransaction
    order_no: str


@dataclass(frozen=True, slots=True)
class SettlementLines:
    """Some lines of one settlement in their order; `after` asks for the next ones."""

    lines: list[SettlementLine]
    after: int | None


@dataclass(frozen=True, slots=True)
class TieOut:
    """What the lines of a settlement add up to, in minor units."""

    line_count: int
    gross_minor: int
    fee_minor: int
    net_minor: int


def currencies_of(merchant_id: str) -> list[str]:
    """Return the currencies in which a merchant ever had money, by their codes."""
    accounts = MerchantAccount.objects.filter(merchant_id=merchant_id)
    return list(accounts.order_by("currency").values_list("currency", flat=True))


def standings(merchant_id: str) -> list[Standing]:
    """Return what a merchant has in every currency, by currency: six queries however many."""
    accounts = list(
        MerchantAccount.objects.filter(merchant_id=merchant_id)
        .select_related(
            "pending_account__balance",
            "available_account__balance",
            "hold_account__balance",
            "debt_account__balance",
        )
        .order_by("currency")
    )
    maturing = _maturing(merchant_id, accounts)
    under_way = list(
        Settlement.objects.filter(merchant_id=merchant_id, status__in=UNDER_WAY)
        .select_related("destination")
        .order_by("created_at", "pk")
    )
    destinations = {
        destination.currency: destination
        for destination in Destination.objects.filter(merchant_id=merchant_id, is_active=True)
    }
    aside = set_aside_of([merchant_id])
    releases = next_releases(merchant_id)
    return [
        Standing(
            currency=account.currency,
            frozen_minor=aside.get((merchant_id, account.currency), SetAside()).frozen_minor,
            reserve_minor=aside.get((merchant_id, account.currency), SetAside()).reserve_minor,
            next_release=releases.get(account.currency),
            pending_minor=account.pending_account.balance.balance_minor,
            available_minor=account.available_account.balance.balance_minor,
            on_hold_minor=account.hold_account.balance.balance_minor,
            debt_minor=account.debt_account.balance.balance_minor,
            maturing=maturing[account.currency],
            held=_of(under_way, account.currency, held=True),
            on_the_way=_of(under_way, account.currency, held=False),
            destination=destinations.get(account.currency),
        )
        for account in accounts
    ]


def settlements_page(merchant_id: str, *, before: str | None, limit: int) -> SettlementPage:
    """Return up to `limit` settlements of a merchant older than the one with the id `before`.

    A `before` that is not one of this merchant's settlements leaves nothing.
    """
    rows = Settlement.objects.filter(merchant_id=merchant_id)
    if before is not None:
        last = rows.filter(pk=before).values_list("created_at", "pk").first()
        if last is None:
            return SettlementPage(settlements=[], before=None)
        created_at, pk = last
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk))
    found = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    settlements = found[:limit]
    return SettlementPage(
        settlements=settlements,
        before=settlements[-1].pk if len(found) > limit else None,
    )


def settlement_of(merchant_id: str, *, settlement_id: str) -> Settlement | None:
    """Return one settlement of a merchant with where it goes; None for anyone else's."""
    return (
        Settlement.objects.filter(merchant_id=merchant_id, pk=settlement_id)
        .select_related("destination")
        .first()
    )


def payouts_of(settlement_id: str) -> QuerySet[Payout]:
    """Return the tries to pay a settlement out, oldest first."""
    return (
        Payout.objects.filter(settlement_id=settlement_id)
        .select_related("destination")
        .order_by("created_at", "pk")
    )


def tie_out(settlement_id: str) -> TieOut:
    """Add up the lines of a settlement, from the lines themselves."""
    sums = SettlementItem.objects.filter(settlement_id=settlement_id).aggregate(
        count=Count("pk"),
        gross=Sum("balance_transaction__gross_minor", default=0),
        fee=Sum("balance_transaction__fee_minor", default=0),
        net=Sum("balance_transaction__net_minor", default=0),
    )
    return TieOut(
        line_count=sums["count"],
        gross_minor=int(sums["gross"]),
        fee_minor=int(sums["fee"]),
        net_minor=int(sums["net"]),
    )


def lines_page(settlement_id: str, *, after: int, limit: int) -> SettlementLines:
    """Return up to `limit` lines of a settlement after the item `after` (0: from the first)."""
    found = list(
        SettlementItem.objects.filter(settlement_id=settlement_id, pk__gt=after)
        .select_related("balance_transaction")
        .order_by("pk")[: limit + 1]
    )
    items = found[:limit]
    orders = order_numbers([item.balance_transaction for item in items])
    return SettlementLines(
        lines=[
            SettlementLine(
                item=item,
                line=item.balance_transaction,
                order_no=orders.get(item.balance_transaction.source, ""),
            )
            for item in items
        ],
        after=items[-1].pk if len(found) > limit else None,
    )


def order_numbers(lines: list[BalanceTransaction]) -> dict[str, str]:
    """Return the order number of each line's payment, by the line's source: two queries."""
    sources = {line.source for line in lines}
    of_payments = PaymentAllocation.objects.filter(pk__in=sources)
    of_refunds = RefundAllocation.objects.filter(pk__in=sources)
    return {
        **dict(of_payments.values_list("pk", "payment__merchant_order_no")),
        **dict(of_refunds.values_list("pk", "allocation__payment__merchant_order_no")),
    }


def _maturing(merchant_id: str, accounts: list[MerchantAccount]) -> dict[str, list[DayMoney]]:
    """Return what of each currency is pending, by the day on which it becomes available."""
    matured_through = {account.currency: account.matured_through_date for account in accounts}
    days: dict[str, list[DayMoney]] = {currency: [] for currency in matured_through}
    if not matured_through:
        return days
    rows = (
        BalanceTransaction.objects.filter(
            merchant_id=merchant_id, available_on__gt=min(matured_through.values())
        )
        .order_by()
        .values_list("currency", "available_on")
        .annotate(Sum("net_minor"))
    )
    for currency, available_on, net_minor in sorted(rows):
        if available_on > matured_through[currency]:
            days[currency].append(DayMoney(available_on, int(net_minor)))
    return days


def _of(settlements: list[Settlement], currency: str, *, held: bool) -> list[Settlement]:
    return [
        settlement
        for settlement in settlements
        if settlement.currency == currency and (settlement.status in HELD) is held
    ]

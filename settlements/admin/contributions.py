"""What settlements know of payments, lines and merchants, on the pages of those."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.append_only import contribute_to
from ledger.admin.panels import Column, Moment, Panel, Table
from payments.models import BalanceTransaction, Merchant, Payment
from settlements.admin.panels import account_tail
from settlements.models import Destination, Settlement, SettlementItem
from settlements.queries.destinations import destinations_of

NEWEST = 10


def known_of_payment(request: HttpRequest, row: Payment) -> Sequence[Panel | Moment]:
    """Show in which settlements the lines of a payment went out."""
    if not request.user.has_perm("settlements.view_settlement"):
        return []
    sources = row.allocations.values("pk")
    lines = BalanceTransaction.objects.filter(source__in=sources).values("pk")
    items = list(
        SettlementItem.objects.filter(balance_transaction__in=lines)
        .select_related("settlement__merchant")
        .order_by("pk")
    )
    moments = [
        Moment(
            at=item.settlement.paid_at,
            what=_("paid out to %(merchant)s") % {"merchant": item.settlement.merchant},
            evidence=showing.money(item.net_minor, row.currency),
            url=showing.row_url(item.settlement),
        )
        for item in items
        if item.settlement.paid_at is not None and item.released_at is None
    ]
    return [_items(items, currency=row.currency), *moments]


def known_of_line(request: HttpRequest, row: BalanceTransaction) -> Sequence[Panel]:
    """Show in which settlements a line is or was."""
    if not request.user.has_perm("settlements.view_settlement"):
        return []
    items = SettlementItem.objects.filter(balance_transaction=row).select_related(
        "settlement__merchant"
    )
    return [_items(list(items.order_by("pk")), currency=row.currency)]


def known_of_merchant(request: HttpRequest, row: Merchant) -> Sequence[Panel]:
    """Show where a merchant's money goes, and the newest settlements."""
    panels: list[Panel] = []
    if request.user.has_perm("settlements.view_destination"):
        panels.append(_destinations(list(destinations_of(row.pk)[:NEWEST])))
    if request.user.has_perm("settlements.view_settlement"):
        newest = Settlement.objects.filter(merchant=row).order_by("-created_at", "-pk")
        panels.append(_settlements(row, list(newest[: NEWEST + 1])))
    return panels


def _items(items: Sequence[SettlementItem], *, currency: str) -> Table:
    return Table(
        _("settled in"),
        [
            Column(_("settlement")),
            Column(_("merchant")),
            Column(_("status")),
            Column(_("business day")),
            Column(_("released at")),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.row_link(item.settlement),
                showing.row_link(item.settlement.merchant),
                showing.badge(item.settlement.status, item.settlement.get_status_display()),
                showing.day(item.settlement.business_date),
                showing.instant(item.released_at, with_zone=False),
                showing.money(item.net_minor, currency),
            ]
            for item in items
        ],
        empty=_("Not in a settlement yet; the next run takes it once it is available."),
    )


def _destinations(destinations: Sequence[Destination]) -> Table:
    return Table(
        _("destinations"),
        [
            Column(_("destination")),
            Column(_("currency")),
            Column(_("bank")),
            Column(_("account ends with")),
            Column(_("version")),
            Column(_("active")),
        ],
        [
            [
                showing.row_link(destination),
                destination.currency,
                destination.bank_name,
                account_tail(destination),
                destination.version,
                showing.yes_or_no(destination.is_active),
            ]
            for destination in destinations
        ],
        empty=_("Without a destination this merchant cannot be paid out."),
    )


def _settlements(row: Merchant, settlements: Sequence[Settlement]) -> Table:
    return Table(
        _("newest settlements"),
        [
            Column(_("settlement")),
            Column(_("status")),
            Column(_("business day")),
            Column(_("lines")),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.row_link(settlement),
                showing.badge(settlement.status, settlement.get_status_display()),
                showing.day(settlement.business_date),
                f"{settlement.item_count:,}",
                showing.money(settlement.net_minor, settlement.currency),
            ]
            for settlement in settlements[:NEWEST]
        ],
        empty=_("No run has drafted a settlement for this merchant yet."),
        more_url=showing.list_url(Settlement, f"q={row.pk}") if settlements[NEWEST:] else "",
        more_text=_("All settlements"),
    )


contribute_to(Payment, known_of_payment)
contribute_to(BalanceTransaction, known_of_line)
contribute_to(Merchant, known_of_merchant)

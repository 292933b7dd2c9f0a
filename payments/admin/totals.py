"""Who paid how much of an amount: the payer, the channel's coupons, a discount of our own."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Column, Fact, Panel, Table
from payments.queries.totals import Totals


def totals_facts(currency: str, totals: Totals | None, *, is_refund: bool = False) -> list[Fact]:
    """Say what the payer paid (or got back) and what the channel settles (or takes of us)."""
    if totals is None:
        return []
    paid = _("the payer got back") if is_refund else _("the payer paid")
    settled = _("the channel takes of us") if is_refund else _("the channel settles to us")
    return [
        Fact(paid, _said(totals.payer_minor, currency)),
        Fact(settled, showing.money(totals.settled_minor, currency)),
    ]


def who_paid(currency: str, totals: Totals | None, *, is_refund: bool = False) -> Sequence[Panel]:
    """Show who bore the difference, where the payer paid less than was owed."""
    if totals is None or not totals.has_discount:
        return []
    rows: list[list[SafeString | str]] = [
        [
            _("the payer"),
            _said(totals.payer_minor, currency),
            _("what left their account, or came back to it"),
        ]
    ]
    if totals.by_channel_minor:
        rows.append(
            [
                _("a coupon of the channel"),
                showing.money(totals.by_channel_minor, currency),
                _("the channel bears it and settles it to us: no cost of ours"),
            ]
        )
    if totals.by_us_minor:
        rows.append(
            [
                _("a discount of our own at the channel"),
                showing.money(totals.by_us_minor, currency),
                _("never settled to us: our cost, on account 5001"),
            ]
        )
    return [
        Table(
            _("who got how much of it") if is_refund else _("who paid how much of it"),
            [Column(_("who")), Column(_("amount"), is_amount=True), Column(_("what it means"))],
            rows,
            empty="",
            totals=[[_("sum"), showing.money(totals.amount_minor, currency), ""]],
            note=_(
                "Merchants are owed the whole amount either way; the channel's fee comes off"
                " what it settles."
            ),
        )
    ]


def _said(minor: int | None, currency: str) -> SafeString | str:
    """Write an amount that a channel may not have said."""
    return _("the channel does not say") if minor is None else showing.money(minor, currency)

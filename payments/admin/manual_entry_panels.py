"""What several pages about bookings by hand show alike: the entry, its T-account, its effect."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from ledger import chart
from ledger.admin import showing, values
from ledger.admin.panels import Column, Fact, Facts, Table
from ledger.models import AccountBalance
from payments.actions import manual_entry_bookings
from payments.models import ManualEntry, Merchant
from payments.queries.reserves import left_of_freeze, open_freezes
from payments.states import ManualEntryStatus


def summary(row: ManualEntry) -> Facts:
    """Show what is booked by hand: what, how much, of whose money, why, and where it stands."""
    facts = [
        Fact(_("status"), showing.badge(row.status, row.get_status_display())),
        Fact(_("kind"), row.get_kind_display()),
        Fact(_("amount"), showing.money(row.amount_minor, row.currency)),
        Fact(_("merchant"), showing.row_link(row.merchant_account.merchant)),
        Fact(_("reason"), row.get_reason_code_display()),
        Fact(_("note"), row.note, is_wide=True),
        Fact(_("maker"), values.shown(row, ManualEntry._meta.get_field("maker"))),
        Fact(_("created at"), showing.instant(row.created_at)),
        Fact(_("booked at"), showing.instant(row.booked_at)),
        Fact(_("journal entry"), showing.row_link(row.entry)),
        Fact(_("approval"), showing.row_link(row.approval)),
        Fact(_("id"), showing.code(row.pk)),
    ]
    if row.refers_to:
        facts.insert(5, Fact(_("refers to"), showing.code(row.refers_to)))
    if row.freeze is not None:
        facts.insert(3, Fact(_("ends the freeze"), showing.row_link(row.freeze)))
    if row.reserve_hold is not None:
        facts.insert(3, Fact(_("releases the reserve"), showing.row_link(row.reserve_hold)))
    if row.kind == "freeze" and row.status == ManualEntryStatus.BOOKED:
        left = showing.money(left_of_freeze(row), row.currency)
        facts.insert(3, Fact(_("still frozen"), left))
    return Facts(_("manual entry"), facts)


def booking(row: ManualEntry, *, at: datetime) -> Table:
    """Show how it would be booked, and what then stands on each account: before and after."""
    legs = manual_entry_bookings.planned(row, at=at).legs
    standing = dict(
        AccountBalance.objects.filter(
            account__code__in=[leg.code for leg in legs],
            account__owner_id=row.merchant_account.merchant_id,
            account__currency=row.currency,
        ).values_list("account__code", "balance_minor")
    )
    rows = []
    for leg in legs:
        account = chart.CHART[leg.code]
        before = standing.get(leg.code, 0)
        sign = 1 if leg.side == account.normal_side else -1
        amount = showing.money(leg.amount_minor, leg.currency)
        rows.append(
            [
                f"{account.code} {account.name}",
                amount if leg.side == "D" else "",
                amount if leg.side == "C" else "",
                showing.money(before, leg.currency),
                showing.money(before + sign * leg.amount_minor, leg.currency),
            ]
        )
    return Table(
        _("what will be booked"),
        [
            Column(_("account")),
            Column(_("debit"), is_amount=True),
            Column(_("credit"), is_amount=True),
            Column(_("balance before"), is_amount=True),
            Column(_("balance after"), is_amount=True),
        ],
        rows,
        empty=_("Nothing is booked."),
        note=_("Of this merchant's accounts, as of this page. No account falls below zero."),
    )


def by_hand_table(rows: Sequence[ManualEntry], *, more_url: str = "") -> Table:
    """Show bookings by hand of one merchant."""
    return Table(
        _("booked by hand"),
        [
            Column(_("manual entry")),
            Column(_("kind")),
            Column(_("status")),
            Column(_("amount"), is_amount=True),
            Column(_("reason")),
            Column(_("created at")),
        ],
        [
            [
                showing.row_link(row),
                row.get_kind_display(),
                showing.badge(row.status, row.get_status_display()),
                showing.money(row.amount_minor, row.currency),
                row.get_reason_code_display(),
                showing.instant(row.created_at, with_zone=False),
            ]
            for row in rows
        ],
        empty=_("Nobody has booked anything on this merchant's money by hand."),
        more_url=more_url,
        more_text=_("All manual entries"),
    )


def freezes_table(merchant: Merchant) -> Table:
    """Show what of a merchant's money is frozen, and by which freeze."""
    return Table(
        _("frozen money"),
        [
            Column(_("freeze")),
            Column(_("reason")),
            Column(_("frozen"), is_amount=True),
            Column(_("still frozen"), is_amount=True),
            Column(_("since")),
        ],
        [
            [
                showing.row_link(one.freeze),
                one.freeze.get_reason_code_display(),
                showing.money(one.freeze.amount_minor, one.freeze.currency),
                showing.money(one.left_minor, one.freeze.currency),
                showing.instant(one.freeze.booked_at, with_zone=False),
            ]
            for one in open_freezes(merchant.pk)
        ],
        empty=_("Nothing of this merchant's money is frozen."),
    )

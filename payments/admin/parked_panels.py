"""What the page of a payment shows of its money in suspense."""

from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.panels import Column, Panel, Table
from payments.models import Payment


def parked_panels(row: Payment) -> list[Panel]:
    """Show the money of a payment that came otherwise than asked; nothing if none did."""
    parked = list(row.parked.select_related("entry").order_by("created_at", "pk"))
    if not parked:
        return []
    return [
        Table(
            _("money in suspense"),
            [
                Column(_("id")),
                Column(_("how it came")),
                Column(_("status")),
                Column(_("amount"), is_amount=True),
                Column(_("came at")),
            ],
            [
                [
                    showing.row_link(one),
                    one.get_kind_display(),
                    showing.badge(one.status, one.get_status_display()),
                    showing.money(one.amount_minor, one.currency, url=showing.row_url(one.entry)),
                    showing.instant(one.came_at, with_zone=False),
                ]
                for one in parked
            ],
            empty=_("All money of this payment came as asked."),
        )
    ]

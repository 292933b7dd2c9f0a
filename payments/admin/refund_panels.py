"""What several pages about refunds show alike."""

from collections.abc import Sequence

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing, values
from ledger.admin.panels import Column, Fact, Facts, Table
from ledger.models import JournalEntry
from payments.admin.totals import totals_facts
from payments.models import BalanceTransaction, Payment, Refund, RefundAllocation
from payments.queries.refundable import Refundable, needs_of
from payments.queries.totals import of_refund


def parts_of(row: Refund) -> list[RefundAllocation]:
    """Return what of a refund comes from whom, read once per page."""
    known: list[RefundAllocation] | None = getattr(row, "parts_shown", None)
    if known is None:
        known = list(row.allocations.select_related("allocation__merchant").order_by("place"))
        row.parts_shown = known  # type: ignore[attr-defined]
    return known


def summary(row: Refund) -> Facts:
    """Show what a refund is: of which payment, how much, who asked, where it stands."""
    postings = showing.list_url(JournalEntry, f"q={row.pk}")
    facts = [
        Fact(_("status"), showing.badge(row.status, row.get_status_display())),
        Fact(_("amount"), showing.money(row.amount_minor, row.currency, url=postings)),
        *totals_facts(row.currency, of_refund(row), is_refund=True),
        Fact(_("payment"), showing.row_link(row.payment)),
        Fact(_("merchant's order number"), showing.code(row.payment.merchant_order_no)),
        Fact(_("merchant's refund number"), showing.code(row.merchant_refund_no)),
        Fact(_("asked by"), values.shown(row, Refund._meta.get_field("requested_by"))),
        Fact(_("reason"), row.reason),
        Fact(_("created at"), showing.instant(row.created_at)),
        Fact(_("succeeded at"), showing.instant(row.succeeded_at)),
        Fact(_("id"), showing.code(row.pk)),
    ]
    if row.status_code:
        facts.insert(1, Fact(_("reason code"), showing.code(row.status_code)))
    if row.merchant is not None:
        facts.append(Fact(_("asked by merchant"), showing.row_link(row.merchant)))
    if row.parked is not None:
        facts.append(Fact(_("money in suspense"), showing.row_link(row.parked)))
    if row.approval is not None:
        facts.append(Fact(_("approval"), showing.row_link(row.approval)))
    return Facts(_("refund"), facts)


def whose_money(row: Refund) -> Table:
    """Show what of a refund comes from which merchant, and what of the fee goes back."""
    parts = parts_of(row)
    fees_minor = sum(part.fee_returned_minor for part in parts)
    rows: list[list[SafeString | str]] = [
        [
            showing.row_link(part.allocation.merchant),
            showing.row_link(part.allocation),
            *_figures(row, part.amount_minor, part.fee_returned_minor),
        ]
        for part in parts
    ]
    if row.unallocated_minor:
        rows.append([_("belongs to no merchant"), "", *_figures(row, row.unallocated_minor, 0)])
    return Table(
        _("whose money goes back"),
        [
            Column(_("merchant")),
            Column(_("allocation")),
            Column(_("to the payer"), is_amount=True),
            Column(_("fee returned"), is_amount=True),
            Column(_("the merchant pays"), is_amount=True),
        ],
        rows,
        empty=_("A refund without money cannot exist."),
        totals=[[_("sum"), "", *_figures(row, row.amount_minor, fees_minor)]],
    )


def what_it_draws_on(row: Refund) -> Table:
    """Show what each merchant would pay from at this moment, and what is missing."""
    needs = needs_of(row, parts_of(row))
    return Table(
        _("what it draws on"),
        [
            Column(_("merchant")),
            Column(_("needed"), is_amount=True),
            Column(_("pending of this payment"), is_amount=True),
            Column(_("available"), is_amount=True),
            Column(_("reserve"), is_amount=True),
            Column(_("may still owe"), is_amount=True),
            Column(_("missing"), is_amount=True),
        ],
        [
            [
                showing.row_link(need.part.allocation.merchant),
                *(
                    showing.money(minor, row.currency)
                    for minor in (
                        need.need_minor,
                        need.means.pending_minor,
                        need.means.available_minor,
                        need.means.reserve_minor,
                        max(0, need.means.advance_minor),
                        need.short_minor,
                    )
                ),
            ]
            for need in needs
        ],
        empty=_("No merchant pays for it."),
        note=_("Drawn on from left to right, all of it or nothing. As of this page."),
    )


def lines_table(row: Refund) -> Table:
    """Show the lines by which merchants paid for a refund, and got it back if it failed."""
    places = {part.pk: part.place for part in parts_of(row)}
    lines = sorted(
        BalanceTransaction.objects.filter(source__in=list(places))
        .select_related("merchant", "entry")
        .order_by("pk"),
        key=lambda line: (line.entry_id, places[line.source]),
    )
    return Table(
        _("how it is funded"),
        [
            Column(_("balance transaction")),
            Column(_("merchant")),
            Column(_("kind")),
            Column(_("gross"), is_amount=True),
            Column(_("fee"), is_amount=True),
            Column(_("net"), is_amount=True),
            Column(_("available on")),
        ],
        [
            [
                showing.row_link(line),
                showing.row_link(line.merchant),
                line.get_kind_display(),
                *(
                    showing.money(minor, line.currency, url=showing.row_url(line.entry))
                    for minor in (line.gross_minor, line.fee_minor, line.net_minor)
                ),
                showing.day(line.available_on),
            ]
            for line in lines
        ],
        empty=_("Nothing is set apart for it yet."),
    )


def order_at_channel(row: Refund) -> Table:
    """Show the one order by which a channel gives the money back."""
    operation = row.operation
    return Table(
        _("order to the channel"),
        [
            Column(_("our number at the channel")),
            Column(_("channel account")),
            Column(_("status")),
            Column(_("channel's number")),
            Column(_("channel's words")),
            Column(_("sent")),
            Column(_("asked")),
            Column(_("next question at")),
        ],
        []
        if operation is None
        else [
            [
                showing.row_link(operation),
                showing.row_link(operation.channel_account),
                showing.badge(operation.status, operation.get_status_display()),
                showing.code(operation.channel_ref),
                f"{operation.code} {operation.message}".strip(),
                operation.sends,
                operation.queries,
                showing.instant(operation.next_query_at, with_zone=False),
            ]
        ],
        empty=_("No channel was asked: the order is written once the refund is funded."),
    )


def refunds_table(rows: Sequence[Refund]) -> Table:
    """Show the refunds of one payment."""
    return Table(
        _("refunds"),
        [
            Column(_("refund")),
            Column(_("merchant's refund number")),
            Column(_("status")),
            Column(_("amount"), is_amount=True),
            Column(_("reason")),
            Column(_("created at")),
        ],
        [
            [
                showing.row_link(row),
                showing.code(row.merchant_refund_no),
                showing.badge(row.status, row.get_status_display()),
                showing.money(row.amount_minor, row.currency, url=showing.row_url(row)),
                row.reason,
                showing.instant(row.created_at, with_zone=False),
            ]
            for row in rows
        ],
        empty=_("Nothing of it was asked back."),
    )


def left_to_refund(payment: Payment, left: Refundable) -> Table:
    """Show what of a payment was refunded and is left, and what a full refund moves."""
    rows = [
        _left_row(
            payment,
            showing.row_link(share.allocation.merchant),
            paid_minor=share.allocation.amount_minor,
            left_minor=share.left_minor,
            fee_minor=share.fee_returned_minor,
        )
        for share in left.shares
    ]
    if payment.unallocated_minor:
        rows.append(
            _left_row(
                payment,
                _("belongs to no merchant"),
                paid_minor=payment.unallocated_minor,
                left_minor=left.unallocated_left_minor,
                fee_minor=0,
            )
        )
    return Table(
        _("what can go back"),
        [
            Column(_("merchant")),
            Column(_("paid"), is_amount=True),
            Column(_("refunded, or on its way"), is_amount=True),
            Column(_("left"), is_amount=True),
            Column(_("fee returned with all of it"), is_amount=True),
            Column(_("the merchant pays"), is_amount=True),
        ],
        rows,
        empty=_("Nothing of this payment belongs to anybody."),
        note=_(
            "The merchant pays from what is pending of this payment, then from what is available."
        ),
    )


def _figures(row: Refund, amount_minor: int, fee_minor: int) -> list[SafeString | str]:
    return [
        showing.money(minor, row.currency)
        for minor in (amount_minor, fee_minor, amount_minor - fee_minor)
    ]


def _left_row(
    payment: Payment, name: SafeString | str, *, paid_minor: int, left_minor: int, fee_minor: int
) -> list[SafeString | str]:
    pays_minor = left_minor - fee_minor
    figures = (paid_minor, paid_minor - left_minor, left_minor, fee_minor, pays_minor)
    return [name, *(showing.money(minor, payment.currency) for minor in figures)]

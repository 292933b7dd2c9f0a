"""Payments: one page that explains the money, from the request to the books."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin, audit_moments
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Fact, Facts, Moment, Panel, Table
from ledger.models import JournalEntry
from payments.admin.captures import captures_table
from payments.admin.channel_operations import operation_moments
from payments.admin.filters import CurrencyFilter
from payments.admin.hold_buttons import CapturePayment, VoidPayment
from payments.admin.holds import held_table
from payments.admin.parked_panels import parked_panels
from payments.admin.refund_panels import refunds_table
from payments.admin.refund_requests import RequestRefund
from payments.admin.totals import totals_facts, who_paid
from payments.models import (
    BalanceTransaction,
    Capturing,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from payments.queries.totals import Totals, totals_of_payment


@admin.register(Payment)
class PaymentAdmin(OperationsAdmin[Payment]):
    """What is owed, what was tried, what was paid, and how it reads in the books."""

    list_display = (
        "id",
        "merchant_order_no",
        "amount_minor",
        "status",
        "payer",
        "created_at",
        "paid_at",
    )
    list_filter = (
        "status",
        "capture_mode",
        CurrencyFilter,
        ("created_at", BusinessDayRange),
        ("paid_at", BusinessDayRange),
    )
    search_fields = ("id__exact", "merchant_order_no__exact")
    search_help_text = gettext_lazy("pay_… or order number")
    empty_hint = gettext_lazy("A partner creates payments through the API (/v1/payments).")
    row_operations = (
        CapturePayment(),
        VoidPayment(),
        RequestRefund(),
    )

    def panels(self, request: HttpRequest, row: Payment) -> Sequence[Panel]:
        """Show the payment, whose money it is, the tries, its refunds, and the entries."""
        allocations = list(row.allocations.select_related("merchant", "fee_plan").order_by("place"))
        refunds = list(row.refunds.order_by("created_at", "pk"))
        totals = totals_of_payment(row)
        return [
            _summary(row, totals),
            *who_paid(row.currency, totals),
            _allocations(row, allocations),
            _attempts(row),
            *(_held(row) if row.capture_mode == Capturing.MANUAL else []),
            *parked_panels(row),
            refunds_table(refunds),
            entries_table(
                [row.pk, *(refund.pk for refund in refunds)],
                empty=_("Nothing is booked: money that did not come is not in the books."),
            ),
            _particulars(row),
        ]

    def moments(self, request: HttpRequest, row: Payment) -> Sequence[Moment]:
        """Tell what was done and what the channel said, in one story."""
        attempts = list(row.attempts.select_related("operation"))
        moments: list[Moment] = []
        if request.user.has_perm("ledger.view_auditentry"):
            moments = audit_moments([row.pk, *(attempt.pk for attempt in attempts)])
        return moments + operation_moments([attempt.operation for attempt in attempts])


@admin.register(PaymentAllocation)
class PaymentAllocationAdmin(ReadOnlyAdmin[PaymentAllocation]):
    """What of one payment belongs to one merchant."""

    list_display = ("id", "payment", "merchant", "amount_minor", "fee_minor", "fee_plan")
    search_fields = ("id__exact", "payment__id__exact", "merchant__id__exact")
    search_help_text = gettext_lazy("pal_…, pay_… or mer_…")
    currency_path = "payment.currency"
    list_related = ("payment",)
    ordering = ("-id",)
    has_story = False
    empty_hint = gettext_lazy("Every payment is split among its merchants when it is created.")


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin[PaymentAttempt]):
    """One try to collect a payment."""

    list_display = ("id", "payment", "channel_account", "method", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("id__exact", "payment__id__exact", "operation__channel_no__exact")
    search_help_text = gettext_lazy("att_…, pay_… or our number at the channel")
    currency_path = "payment.currency"
    list_related = ("payment",)
    empty_hint = gettext_lazy("A try is made when a payer chooses how to pay.")


def _held(row: Payment) -> list[Table]:
    return [held_table(row), captures_table(row)]


def _summary(row: Payment, totals: Totals | None) -> Facts:
    postings = showing.list_url(JournalEntry, f"q={row.pk}")
    facts = [
        Fact(_("status"), showing.badge(row.status, row.get_status_display())),
        Fact(_("amount"), showing.money(row.amount_minor, row.currency, url=postings)),
        *totals_facts(row.currency, totals),
        Fact(_("paid at"), showing.instant(row.paid_at)),
        Fact(_("merchant's order number"), showing.code(row.merchant_order_no)),
        Fact(_("payer"), showing.row_link(row.payer)),
        Fact(_("description"), row.description),
    ]
    if row.status_code:
        facts.insert(1, Fact(_("reason code"), showing.code(row.status_code)))
    if row.unallocated_minor:
        left = showing.money(row.unallocated_minor, row.currency, url=postings)
        facts.append(Fact(_("belongs to no merchant"), left))
    return Facts(_("payment"), facts)


def _allocations(row: Payment, allocations: Sequence[PaymentAllocation]) -> Table:
    lines = {
        line.source: line
        for line in BalanceTransaction.objects.filter(
            source__in=[allocation.pk for allocation in allocations]
        ).select_related("entry")
    }
    fees = sum(allocation.fee_minor for allocation in allocations)
    gross = sum(allocation.amount_minor for allocation in allocations)
    return Table(
        _("whose money it is"),
        [
            Column(_("merchant")),
            Column(_("gross"), is_amount=True),
            Column(_("fee plan")),
            Column(_("fee"), is_amount=True),
            Column(_("net"), is_amount=True),
            Column(_("balance transaction")),
            Column(_("available on")),
        ],
        [_allocation_cells(row, each, lines.get(each.pk)) for each in allocations],
        empty=_("Nothing of this payment belongs to a merchant."),
        totals=[
            [
                _("sum"),
                showing.money(gross, row.currency),
                "",
                showing.money(fees, row.currency),
                showing.money(gross - fees, row.currency),
                "",
                "",
            ]
        ],
        note=_("Until it is paid, nothing of it is in the books.") if not lines else "",
    )


def _allocation_cells(
    row: Payment, allocation: PaymentAllocation, line: BalanceTransaction | None
) -> list[SafeString | str]:
    url = showing.row_url(line.entry) if line is not None else ""
    net_minor = allocation.amount_minor - allocation.fee_minor
    return [
        showing.row_link(allocation.merchant),
        showing.money(allocation.amount_minor, row.currency, url=url),
        showing.row_link(allocation.fee_plan),
        showing.money(allocation.fee_minor, row.currency, url=url),
        showing.money(net_minor, row.currency, url=url),
        showing.row_link(line),
        showing.day(line.available_on if line is not None else None),
    ]


def _attempts(row: Payment) -> Table:
    attempts = row.attempts.select_related("operation", "channel_account").order_by("created_at")
    return Table(
        _("tries at channels"),
        [
            Column(_("our number at the channel")),
            Column(_("channel account")),
            Column(_("status")),
            Column(_("channel's number")),
            Column(_("channel's words")),
            Column(_("sent")),
            Column(_("asked")),
            Column(_("tried at")),
        ],
        [
            [
                showing.row_link(attempt.operation),
                showing.row_link(attempt.channel_account),
                showing.badge(attempt.status, attempt.get_status_display()),
                showing.code(attempt.operation.channel_ref),
                f"{attempt.operation.code} {attempt.operation.message}".strip(),
                attempt.operation.sends,
                attempt.operation.queries,
                showing.instant(attempt.created_at, with_zone=False),
            ]
            for attempt in attempts
        ],
        empty=_("The payer has not chosen how to pay, so no channel was asked."),
    )


def _particulars(row: Payment) -> Facts:
    return Facts(
        _("particulars"),
        [
            Fact(_("id"), showing.code(row.pk)),
            Fact(_("created by"), showing.row_link(row.created_by)),
            Fact(_("created by merchant"), showing.row_link(row.merchant)),
            Fact(_("method"), row.get_method_display() or showing.nothing()),
            Fact(_("money is taken"), row.get_capture_mode_display()),
            Fact(_("payer's address"), showing.code(row.client_ip or "")),
            Fact(_("created at"), showing.instant(row.created_at)),
            Fact(_("expires at"), showing.instant(row.expires_at)),
            Fact(_("metadata"), showing.structure(row.metadata), is_wide=True),
        ],
    )

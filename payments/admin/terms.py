"""What payments are taken by: fee plans, payers, and the business calendar."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from payments.admin.term_changes import FEE_PLAN_OPERATIONS
from payments.models import BusinessDay, FeePlan, Merchant, Payer, Payment

NEWEST = 20


@admin.register(FeePlan)
class FeePlanAdmin(OperationsAdmin[FeePlan]):
    """What merchants on a plan are charged, version by version."""

    list_display = (
        "name",
        "version",
        "currency",
        "fee_bps",
        "fixed_minor",
        "minimum_minor",
        "maximum_minor",
        "payout_fee_minor",
        "created_at",
    )
    search_fields = ("name__icontains",)
    ordering = ("name", "-version")
    row_operations = FEE_PLAN_OPERATIONS
    empty_hint = gettext_lazy("A plan is needed before the first merchant is registered.")

    def panels(self, request: HttpRequest, row: FeePlan) -> Sequence[Panel]:
        """Show the plan and who is on it."""
        merchants = list(Merchant.objects.filter(fee_plan=row).order_by("name")[: NEWEST + 1])
        return [
            self.facts(row),
            Table(
                _("merchants on this plan"),
                [Column(_("name")), Column(_("partner's number"))],
                [
                    [showing.row_link(merchant), showing.code(merchant.external_no)]
                    for merchant in merchants[:NEWEST]
                ],
                empty=_("No merchant is on this version of the plan."),
                note=_("The first %(count)s by name.") % {"count": NEWEST}
                if merchants[NEWEST:]
                else "",
            ),
        ]


@admin.register(Payer)
class PayerAdmin(ReadOnlyAdmin[Payer]):
    """Who pays, as the partner knows them: one number of two merchants is two payers."""

    list_display = ("external_no", "merchant", "id", "created_at")
    list_select_related = ("merchant",)
    search_fields = ("id__exact", "external_no__exact")
    search_help_text = gettext_lazy("Partner's number or pyr_…")
    empty_hint = gettext_lazy("A payer appears with the first payment that names them.")

    def panels(self, request: HttpRequest, row: Payer) -> Sequence[Panel]:
        """Show the payer and their newest payments."""
        payments = Payment.objects.filter(payer=row).order_by("-created_at", "-id")[:NEWEST]
        return [
            self.facts(row),
            Table(
                _("newest payments"),
                [
                    Column(_("payment")),
                    Column(_("status")),
                    Column(_("amount"), is_amount=True),
                    Column(_("created at")),
                ],
                [
                    [
                        showing.row_link(payment),
                        showing.badge(payment.status, payment.get_status_display()),
                        showing.money(payment.amount_minor, payment.currency),
                        showing.instant(payment.created_at, with_zone=False),
                    ]
                    for payment in payments
                ],
                empty=_("This payer has no payments."),
            ),
        ]


@admin.register(BusinessDay)
class BusinessDayAdmin(ReadOnlyAdmin[BusinessDay]):
    """The days on which banks work differently from Monday to Friday."""

    list_display = ("date", "name", "is_business_day", "is_confirmed")
    list_filter = ("is_business_day", "is_confirmed", ("date", BusinessDayRange))
    has_story = False
    empty_hint = gettext_lazy("A day without a row is a business day from Monday to Friday.")

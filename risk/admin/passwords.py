"""Payment and settlement passwords: how they stand, what they bought, and help by two people."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from risk.admin.password_relief import BUTTONS, asked_of
from risk.models import PaymentPassword, PaymentToken

NEWEST = 20


@admin.register(PaymentPassword)
class PaymentPasswordAdmin(OperationsAdmin[PaymentPassword]):
    """Who has a password, who is locked out, and who needs help; never the digits."""

    list_display = (
        "id",
        "owner_kind",
        "whose",
        "is_set",
        "attempts",
        "lock_level",
        "locked_until",
        "frozen_until",
        "set_at",
    )
    list_filter = ("owner_kind", "lock_level")
    search_fields = ("id__exact", "owner_id__exact")
    search_help_text = gettext_lazy("ppw_…, payer (pyr_…) or the number of a membership")
    secret_fields = ("encoded",)
    empty_hint = gettext_lazy(
        "A payer sets one at the checkout, a merchant's member in the portal; both set it"
        " themselves."
    )
    row_operations = BUTTONS

    def panels(self, request: HttpRequest, row: PaymentPassword) -> Sequence[Panel]:
        """Show how it stands, what it bought, and who asked for help."""
        return [self.facts(row), _tokens(row), _requests(row)]

    @admin.display(description=gettext_lazy("owner"))
    def whose(self, row: PaymentPassword) -> SafeString:
        """Link to the payer, or name the membership."""
        return showing.subject_link(row.owner_id)

    @admin.display(description=gettext_lazy("is set"))
    def is_set(self, row: PaymentPassword) -> SafeString:
        """Say whether there are digits, or a reset took them away."""
        return showing.yes_or_no(row.encoded != "")


def _tokens(row: PaymentPassword) -> Table:
    tokens = PaymentToken.objects.filter(password=row).order_by("-pk")[:NEWEST]
    return Table(
        _("newest tokens"),
        [
            Column(_("made at")),
            Column(_("deed")),
            Column(_("for")),
            Column(_("client address")),
            Column(_("used at")),
        ],
        [
            [
                showing.instant(token.created_at, with_zone=False),
                token.get_deed_display(),
                showing.subject_link(token.subject),
                token.client_ip or showing.nothing(),
                showing.instant(token.used_at, with_zone=False),
            ]
            for token in tokens
        ],
        empty=_("It was never typed right yet."),
    )


def _requests(row: PaymentPassword) -> Table:
    return Table(
        _("unlocks and resets"),
        [Column(_("request")), Column(_("kind")), Column(_("state")), Column(_("asked at"))],
        [
            [
                showing.row_link(request),
                request.kind,
                showing.badge(request.state, request.get_state_display()),
                showing.instant(request.created_at, with_zone=False),
            ]
            for request in asked_of(row)
        ],
        empty=_("Nobody has asked for an unlock or a reset."),
    )

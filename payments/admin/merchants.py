"""Merchants with their money, their members and their partners' keys."""

from collections import defaultdict
from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.accounts import account_url
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.journal import entry_url
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from payments.admin import manual_entry_panels
from payments.admin.manual_entry_requests import (
    AdjustAgainst,
    AdjustInFavour,
    Freeze,
    RecoverDebt,
    Reserve,
    WriteOff,
)
from payments.admin.term_changes import MERCHANT_OPERATIONS
from payments.models import (
    ApiCredential,
    BalanceTransaction,
    ManualEntry,
    Merchant,
    MerchantMember,
    ReserveHold,
)
from payments.queries.balances import Balance, MerchantBalances, balances_of
from payments.queries.reserves import SetAside, set_aside_of

NEWEST = 10
_LINE_BREAK = SafeString("<br>")


@admin.register(Merchant)
class MerchantAdmin(OperationsAdmin[Merchant]):
    """Whom the platform owes money, and how much of it is in which state."""

    list_display = (
        "name",
        "external_no",
        "money_pending",
        "money_available",
        "money_on_hold",
        "settlement_cycle",
        "fee_plan",
        "is_active",
        "created_at",
    )
    list_filter = ("is_active",)
    search_fields = ("id__exact", "external_no__exact", "name__icontains")
    search_help_text = gettext_lazy("Name, partner's number or mer_…")
    empty_hint = gettext_lazy("Merchants are registered by the partner's system or by a command.")
    row_operations = (
        AdjustInFavour(),
        AdjustAgainst(),
        Freeze(),
        Reserve(),
        RecoverDebt(),
        WriteOff(),
        *MERCHANT_OPERATIONS,
    )

    def dress(self, rows: Sequence[Merchant]) -> None:
        """Fetch the balances of all merchants of the page at once."""
        super().dress(rows)
        found: dict[str, list[MerchantBalances]] = defaultdict(list)
        for balances in balances_of([row.pk for row in rows]):
            found[balances.account.merchant_id].append(balances)
        for row in rows:
            row.shown_balances = found[row.pk]  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("pending"))
    def money_pending(self, row: Merchant) -> SafeString:
        """Show what has not matured, in each currency."""
        return _amounts(row, "pending")

    @admin.display(description=gettext_lazy("available"))
    def money_available(self, row: Merchant) -> SafeString:
        """Show what the next settlement may take, in each currency."""
        return _amounts(row, "available")

    @admin.display(description=gettext_lazy("on hold"))
    def money_on_hold(self, row: Merchant) -> SafeString:
        """Show what settlements hold, in each currency."""
        return _amounts(row, "on_hold")

    def panels(self, request: HttpRequest, row: Merchant) -> Sequence[Panel]:
        """Show the merchant, their balances, what was booked by hand, lines, members and keys."""
        by_hand = _by_hand(row) if request.user.has_perm("payments.view_manualentry") else []
        return [
            _balances(row),
            self.facts(row),
            *by_hand,
            _newest_lines(row),
            _members(row),
            _credentials(row),
        ]


@admin.register(MerchantMember)
class MerchantMemberAdmin(ReadOnlyAdmin[MerchantMember]):
    """Who may act for which merchant in the portal."""

    list_display = ("user", "merchant", "role", "created_at")
    list_filter = ("role",)
    search_fields = (
        "merchant__name__icontains",
        "user__username__icontains",
        "merchant__id__exact",
    )
    search_help_text = gettext_lazy("Person or merchant")
    ordering = ("merchant_id", "pk")
    list_related = ("user", "merchant")
    has_story = False
    empty_hint = gettext_lazy("Merchants' people appear here once they are invited.")


def _amounts(row: Merchant, name: str) -> SafeString:
    found: list[MerchantBalances] = getattr(row, "shown_balances", [])
    if not found:
        return showing.nothing()
    amounts = ((_amount(getattr(each, name), each.account.currency),) for each in found)
    return format_html_join(_LINE_BREAK, "{}", amounts)


def _amount(balance: Balance, currency: str) -> SafeString:
    return showing.money(balance.minor, currency, url=account_url(balance.account_id))


def _set_aside(
    aside: dict[tuple[str, str], SetAside], row: Merchant, currency: str
) -> list[SafeString]:
    """Write what is frozen and what is kept back, each leading to its account or its rows."""
    known = aside.get((row.pk, currency), SetAside())
    frozen, reserve = known.frozen_account_id, known.reserve_account_id
    return [
        showing.money(
            known.frozen_minor, currency, url="" if frozen is None else account_url(frozen)
        ),
        showing.money(
            known.reserve_minor, currency, url="" if reserve is None else account_url(reserve)
        ),
    ]


def _by_hand(row: Merchant) -> list[Table]:
    """Show what is frozen of a merchant's money, and what was booked by hand."""
    rows = list(
        ManualEntry.objects.filter(merchant_account__merchant=row).order_by("-created_at", "-id")[
            : NEWEST + 1
        ]
    )
    more_url = showing.list_url(ManualEntry, f"q={row.pk}") if rows[NEWEST:] else ""
    return [
        manual_entry_panels.freezes_table(row),
        manual_entry_panels.by_hand_table(rows[:NEWEST], more_url=more_url),
    ]


def _balances(row: Merchant) -> Table:
    aside = set_aside_of([row.pk])
    return Table(
        _("balances"),
        [
            Column(_("currency")),
            Column(_("pending"), is_amount=True),
            Column(_("available"), is_amount=True),
            Column(_("on hold"), is_amount=True),
            Column(_("frozen"), is_amount=True),
            Column(_("reserve"), is_amount=True),
            Column(_("debt"), is_amount=True),
            Column(_("matured through")),
        ],
        [
            [
                each.account.currency,
                _amount(each.pending, each.account.currency),
                _amount(each.available, each.account.currency),
                _amount(each.on_hold, each.account.currency),
                *_set_aside(aside, row, each.account.currency),
                _amount(each.debt, each.account.currency),
                showing.day(each.account.matured_through_date),
            ]
            for each in balances_of([row.pk])
        ],
        empty=_("The first payment in a currency opens the merchant's accounts in it."),
        more_url=showing.list_url(ReserveHold, f"q={row.pk}") if aside else "",
        more_text=_("Reserves"),
    )


def _newest_lines(row: Merchant) -> Table:
    lines = list(
        BalanceTransaction.objects.filter(merchant=row).order_by("-created_at", "-id")[: NEWEST + 1]
    )
    return Table(
        _("newest balance transactions"),
        [
            Column(_("line")),
            Column(_("kind")),
            Column(_("business day")),
            Column(_("available on")),
            Column(_("gross"), is_amount=True),
            Column(_("fee"), is_amount=True),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.subject_link(line.pk),
                line.get_kind_display(),
                showing.day(line.effective_date),
                showing.day(line.available_on),
                *(
                    showing.money(minor, line.currency, url=entry_url(line.entry_id))
                    for minor in (line.gross_minor, line.fee_minor, line.net_minor)
                ),
            ]
            for line in lines[:NEWEST]
        ],
        empty=_("A line appears with every payment, and with every payout fee."),
        more_url=showing.list_url(BalanceTransaction, f"q={row.pk}") if lines[NEWEST:] else "",
        more_text=_("All lines"),
    )


def _members(row: Merchant) -> Table:
    members = row.members.select_related("user").order_by("pk")
    return Table(
        _("members"),
        [Column(_("person")), Column(_("e-mail")), Column(_("role"))],
        [
            [
                showing.link(showing.row_url(member), member.user.username),
                member.user.email,
                member.get_role_display(),
            ]
            for member in members
        ],
        empty=_("Nobody may sign in to the portal for this merchant yet."),
    )


def _credentials(row: Merchant) -> Table:
    credentials = ApiCredential.objects.filter(merchant=row)
    return Table(
        _("API credentials"),
        [Column(_("name")), Column(_("scopes")), Column(_("last used")), Column(_("revoked"))],
        [
            [
                showing.row_link(credential),
                ", ".join(credential.scopes),
                showing.instant(credential.last_used_at, with_zone=False),
                showing.instant(credential.revoked_at, with_zone=False),
            ]
            for credential in credentials
        ],
        empty=_("This merchant's own systems have no key; the platform's may act for them."),
    )

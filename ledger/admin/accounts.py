"""Accounts of the books: what stands on each, and every posting that made it so."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import chart
from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.books import REPORTS
from ledger.admin.kinds import kind_words
from ledger.admin.owners import owner_link, owner_names
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from ledger.models import Account, AccountBalance, Posting
from ledger.models.accounts import Side

POSTINGS_A_PAGE = 50


class ChartFilter(admin.SimpleListFilter):
    """Narrow accounts to one number of the chart."""

    title = gettext_lazy("account")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the chart."""
        return [(code, f"{code} {account.name}") for code, account in chart.CHART.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        """Keep the accounts of the number."""
        return queryset.filter(code=self.value()) if self.value() else queryset


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin[Account]):
    """One account per number, owner and currency, with its balance."""

    has_story = False
    list_display = ("code", "account_name", "owner", "currency", "money_balance", "postings")
    list_related = ("balance",)
    list_filter = (ChartFilter,)
    search_fields = ("owner_id__exact", "code__exact", "currency__exact")
    search_help_text = gettext_lazy("Owner, number or currency")
    empty_hint = gettext_lazy("The first posting that names an account opens it.")

    @admin.display(description=gettext_lazy("name"))
    def account_name(self, row: Account) -> str:
        """Name the account as the chart does."""
        return row.name

    def dress(self, rows: Sequence[Account]) -> None:
        """Find out what the owners of the page are called."""
        names = owner_names(rows)
        for row in rows:
            row.shown_names = names  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("owner"))
    def owner(self, row: Account) -> SafeString:
        """Link to whose account it is."""
        return owner_link(row.owner_id, names=getattr(row, "shown_names", {}))

    @admin.display(description=gettext_lazy("balance"))
    def money_balance(self, row: Account) -> SafeString:
        """Show the balance on the account's normal side."""
        return showing.money(_balance(row).balance_minor, row.currency)

    @admin.display(description=gettext_lazy("postings"))
    def postings(self, row: Account) -> str:
        """Count the postings, as the balance itself does."""
        return f"{_balance(row).seq:,}"

    def get_urls(self) -> list[URLPattern]:
        """Give the reports of the books their addresses, before Django's own."""
        return [*(report(self).url_pattern() for report in REPORTS), *super().get_urls()]

    def panels(self, request: HttpRequest, row: Account) -> Sequence[Panel]:
        """Show the account and a page of its postings, newest first."""
        balance = _balance(row)
        before = request.GET.get("before", "")
        newest = int(before) if before.isdecimal() else balance.seq + 1
        return [_account_facts(row, balance), _postings(row, before_seq=newest)]


def account_url(account_id: int) -> str:
    """Return the address of an account's page."""
    return showing.row_url(Account(pk=account_id))


def account_link(account: Account) -> SafeString:
    """Link to an account by number and name."""
    return showing.link(showing.row_url(account), f"{account.code} {account.name}")


def _balance(row: Account) -> AccountBalance:
    try:
        return row.balance
    except AccountBalance.DoesNotExist:
        return AccountBalance(account=row, seq=0, balance_minor=0)


def _account_facts(row: Account, balance: AccountBalance) -> Facts:
    statement = reverse("admin:ledger_account_statement", args=[row.pk])
    floor = _("the database refuses a balance below zero") if row.is_floored else _("none")
    return Facts(
        _("account"),
        [
            Fact(_("number"), showing.code(row.code)),
            Fact(_("name"), row.name),
            Fact(_("owner"), owner_link(row.owner_id, names=owner_names([row]))),
            Fact(_("owner's id"), showing.code(row.owner_id)),
            Fact(_("balance"), showing.money(balance.balance_minor, row.currency, url=statement)),
            Fact(_("by business day"), showing.link(statement, _("account statement"))),
            Fact(_("debits"), showing.money(balance.debits_minor, row.currency)),
            Fact(_("credits"), showing.money(balance.credits_minor, row.currency)),
            Fact(_("normal side"), row.get_normal_side_display()),
            Fact(_("floor"), floor),
            Fact(_("postings"), f"{balance.seq:,}"),
            Fact(_("opened at"), showing.instant(row.opened_at)),
        ],
    )


def _postings(row: Account, *, before_seq: int) -> Table:
    rows = list(
        Posting.objects.filter(account=row, seq__lt=before_seq)
        .select_related("entry")
        .order_by("-seq")[:POSTINGS_A_PAGE]
    )
    last = rows[-1].seq if rows else 0
    return Table(
        _("postings"),
        [
            Column(_("no.")),
            Column(_("business day")),
            Column(_("entry")),
            Column(_("cause")),
            Column(_("debit"), is_amount=True),
            Column(_("credit"), is_amount=True),
            Column(_("balance after"), is_amount=True),
        ],
        [
            [
                f"{posting.seq:,}",
                showing.day(posting.entry.effective_date),
                showing.link(showing.row_url(posting.entry), kind_words(posting.entry.kind)),
                showing.subject_link(posting.entry.subject),
                *sides(posting),
                showing.money(posting.balance_after_minor, posting.currency),
            ]
            for posting in rows
        ],
        empty=_("Nothing was posted here yet."),
        more_url=f"?before={last}" if last > 1 else "",
        more_text=_("Older postings"),
    )


def sides(posting: Posting) -> tuple[SafeString | str, SafeString | str]:
    """Return the amount of a posting in the column of its side, and nothing in the other."""
    amount = showing.money(posting.amount_minor, posting.currency)
    return (amount, "") if posting.side == Side.DEBIT else ("", amount)

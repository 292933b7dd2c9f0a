"""What several pages about paying out show alike."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ledger.admin import showing
from ledger.admin.accounts import account_url
from ledger.admin.journal import entry_url
from ledger.admin.panels import Column, Fact, Facts, Notice, Table
from payments.queries.balances import Balance, balances_of
from settlements.models import (
    Destination,
    DestinationKind,
    Payout,
    Settlement,
    SettlementItem,
)
from settlements.queries.merchants import lines_page, tie_out
from settlements.queries.wallets import wallets
from settlements.states import SettlementStatus

LINES_SHOWN = 20
_OVER = (
    SettlementStatus.PAYING,
    SettlementStatus.PAID,
    SettlementStatus.REJECTED,
    SettlementStatus.CANCELLED,
)


def summary(row: Settlement) -> Facts:
    """Show what a settlement is: whose money, how much, to where, and where it stands."""
    hold_url, lines = entry_url(row.hold_entry_id), all_lines_url(row)
    facts = [
        Fact(_("status"), showing.badge(row.status, row.get_status_display())),
        Fact(_("merchant"), showing.row_link(row.merchant)),
        Fact(_("net"), showing.money(row.net_minor, row.currency, url=hold_url)),
        Fact(_("gross"), showing.money(row.gross_minor, row.currency, url=lines)),
        Fact(_("fees"), showing.money(row.fee_minor, row.currency, url=lines)),
        Fact(_("destination"), showing.row_link(row.destination)),
        Fact(_("business day"), showing.day(row.business_date)),
        Fact(_("run"), showing.row_link(row.batch)),
        Fact(_("approval"), showing.row_link(row.approval)),
        Fact(_("created at"), showing.instant(row.created_at)),
        Fact(_("paid at"), showing.instant(row.paid_at)),
        Fact(_("id"), showing.code(row.pk)),
    ]
    if row.merchant_settlement_no:
        facts[-1:-1] = [
            Fact(_("merchant's number"), showing.code(row.merchant_settlement_no)),
            Fact(_("requested by"), showing.code(row.requested_by)),
        ]
    if row.status_code:
        facts.insert(1, Fact(_("reason code"), showing.code(row.status_code)))
    return Facts(_("settlement"), facts)


def payee(row: Settlement) -> Facts:
    """Show who would be paid, to which account, and how much in figures and in words."""
    to = row.destination
    figures = showing.money(row.net_minor, row.currency)
    return Facts(
        _("who is paid"),
        [
            Fact(_("merchant"), showing.row_link(row.merchant)),
            Fact(_("account holder"), to.holder_name if to else showing.nothing()),
            Fact(_("by"), to.get_kind_display() if to else showing.nothing()),
            Fact(_("bank"), f"{to.bank_name} {to.bank_code}" if to else showing.nothing()),
            Fact(_("account ends with"), account_tail(to)),
            Fact(_("amount"), SafeString(f'<span class="house-sum">{figures}</span>')),
        ],
    )


def account_tail(destination: Destination | None) -> SafeString:
    """Write what people may see of an account number."""
    if destination is None:
        return showing.nothing()
    return showing.code(f"···· {destination.account_tail}")


def wallet_notices(row: Settlement) -> list[Notice]:
    """Warn that our wallet at the channel cannot pay what it shall pay, where it is to pay this."""
    to = row.destination
    if to is None or to.kind == DestinationKind.BANK or row.status in _OVER:
        return []
    able = [
        wallet
        for wallet in wallets()
        if (wallet.account.channel, wallet.account.currency) == (to.kind, row.currency)
    ]
    if any(wallet.left_minor >= row.net_minor for wallet in able):
        return []
    return [
        Notice(
            _(
                "By our books no wallet has enough for this and for what waits before it. Fill one"
                " up, or the channel will refuse the transfer."
            ),
            "alarm",
        )
    ]


def ties_out(row: Settlement) -> Table:
    """Add the lines up anew and say what is left over: nothing, or the settlement is wrong."""
    lines = tie_out(row.pk)
    columns = [
        Column(""),
        Column(_("lines"), is_amount=True),
        Column(_("gross"), is_amount=True),
        Column(_("fees"), is_amount=True),
        Column(_("net"), is_amount=True),
    ]
    settled = (row.item_count, row.gross_minor, row.fee_minor, row.net_minor)
    added = (lines.line_count, lines.gross_minor, lines.fee_minor, lines.net_minor)
    left = tuple(one - other for one, other in zip(settled, added, strict=True))
    is_even = not any(left)
    verdict = showing.badge("matched", _("ties out")) if is_even else _wrong()
    return Table(
        _("tie-out"),
        columns,
        [
            [_("the settlement says"), *_figures(settled, currency=row.currency)],
            [_("its lines add up to"), *_figures(added, currency=row.currency)],
        ],
        empty="",
        totals=[[verdict, *_figures(left, currency=row.currency)]],
    )


def lines_table(row: Settlement, *, more_url: str, limit: int = LINES_SHOWN) -> Table:
    """Show the first lines of a settlement and what each stands for."""
    page = lines_page(row.pk, after=0, limit=limit)
    return Table(
        _("lines"),
        [
            Column(_("line")),
            Column(_("kind")),
            Column(_("order number")),
            Column(_("business day")),
            Column(_("gross"), is_amount=True),
            Column(_("fee"), is_amount=True),
            Column(_("net"), is_amount=True),
        ],
        [
            [
                showing.row_link(each.line),
                each.line.get_kind_display(),
                showing.code(each.order_no),
                showing.day(each.line.effective_date),
                *(
                    showing.money(minor, row.currency, url=entry_url(each.line.entry_id))
                    for minor in (each.line.gross_minor, each.line.fee_minor, each.line.net_minor)
                ),
            ]
            for each in page.lines
        ],
        empty=_("A settlement without lines cannot exist."),
        more_url=more_url if page.after is not None else "",
        more_text=_("All %(count)s lines") % {"count": row.item_count},
    )


def payouts_table(payouts: Sequence[Payout], *, empty: str | Promise) -> Table:
    """Show tries to pay out, with the file and the bank's reference."""
    return Table(
        _("payouts"),
        [
            Column(_("payout")),
            Column(_("amount"), is_amount=True),
            Column(_("status")),
            Column(_("reason code")),
            Column(_("file")),
            Column(_("bank reference")),
            Column(_("created at")),
        ],
        [
            [
                showing.row_link(payout),
                showing.money(
                    payout.amount_minor,
                    payout.currency,
                    url=entry_url(payout.entry_id) if payout.entry_id else "",
                ),
                showing.badge(payout.status, payout.get_status_display()),
                showing.code(payout.status_code),
                showing.row_link(payout.payment_file),
                showing.code(payout.bank_reference),
                showing.minute(payout.created_at),
            ]
            for payout in payouts
        ],
        empty=empty,
    )


def balances_after(row: Settlement) -> Table:
    """Show what the merchant has now, and what is left once this is paid out."""
    lines: list[tuple[str, Balance, int]] = []
    for each in balances_of([row.merchant_id]):
        if each.account.currency == row.currency:
            lines = [
                (_("pending"), each.pending, 0),
                (_("available"), each.available, 0),
                (_("on hold"), each.on_hold, row.net_minor),
            ]
    return Table(
        _("the merchant's balances"),
        [
            Column(_("account")),
            Column(_("now"), is_amount=True),
            Column(_("leaves"), is_amount=True),
            Column(_("after the payout"), is_amount=True),
        ],
        [
            [
                showing.link(account_url(balance.account_id), name),
                showing.money(balance.minor, row.currency, url=account_url(balance.account_id)),
                showing.money(-leaves_minor, row.currency) if leaves_minor else "",
                showing.money(balance.minor - leaves_minor, row.currency),
            ]
            for name, balance, leaves_minor in lines
        ],
        empty="",
    )


def all_lines_url(row: Settlement) -> str:
    """Return the address of the list of a settlement's lines."""
    return showing.list_url(SettlementItem, f"q={row.pk}")


def _figures(counts: Sequence[int], *, currency: str) -> list[SafeString | str]:
    count, *amounts = counts
    number = f'<span class="money">{count:,}</span>'
    return [SafeString(number), *(showing.money(amount, currency) for amount in amounts)]


def _wrong() -> SafeString:
    return showing.badge("failed", _("does not tie out"))

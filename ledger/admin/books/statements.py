"""The statement of one account (明细账): what stood, every posting and its cause, what stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger import chart
from ledger.admin import showing
from ledger.admin.asking import DoorRequest
from ledger.admin.books.columns import BookColumn, cells, credit_of, debit_of, heads
from ledger.admin.books.forms import StatementForm
from ledger.admin.books.pages import BookPage, Found, Way, query_of
from ledger.admin.books.trial_balance import ledger_url, span
from ledger.admin.drawing import Point, balance_by_day
from ledger.admin.kinds import kind_words
from ledger.admin.owners import owner_link, owner_names
from ledger.admin.panels import Cell, Drawing, Fact, Facts, Group, Notice, Panel, Report
from ledger.models import Account, JournalEntry
from ledger.queries import account_statements
from ledger.queries.account_statements import Page, Place, StatementLine
from ledger.queries.reports import DayRange, Movement
from ledger.rendering.sheets import Sheet

LINES_A_PAGE = 50
DRAWN_DAYS_MAX = 400
"""A longer range is not drawn: its days would be thinner than the line."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An account and how its balances read: on its normal side, whichever that is."""

    account: Account

    def balance(self, minor: int) -> int:
        """Turn a balance with debits positive into one on the account's normal side."""
        return minor if self.account.normal_side == "D" else -minor

    def money(self, minor: int, *, url: str = "") -> Cell:
        """Write such a balance."""
        return showing.money(self.balance(minor), self.account.currency, url=url)


class AccountStatement(BookPage[StatementForm]):
    """Every posting of an account over a range, with the balance after each."""

    name = "account_statement"
    route = "<int:account_id>/statement/"
    title = gettext_lazy("Account statement")
    form_class = StatementForm

    def about(self, arguments: Mapping[str, Any]) -> Account:
        """Return the account."""
        account = Account.objects.filter(pk=arguments["account_id"]).first()
        if account is None:
            raise Http404
        return account

    def headline(self, about: Account | None) -> str:
        """Name the account by its number."""
        assert about is not None, "the address names an account"
        return f"{about.code} {about.name}, {about.currency}"

    def found(self, request: DoorRequest, form: StatementForm, about: Account | None) -> Found:
        """Show the sums, the curve and a page of postings."""
        assert about is not None, "the address names an account"
        frame = Frame(about)
        movement = account_statements.movement_of(about.pk, form.days)
        after = _after(request, form)
        page = account_statements.page_of(about.pk, form.days, after=after, limit=LINES_A_PAGE)
        panels: list[Panel] = [
            _summary(frame, movement, form),
            *_curve(frame, movement, form.days),
            _lines(frame, movement, page, is_first=after is None),
        ]
        more = []
        if after is not None:
            more.append(Way(_("First postings"), _query(form)))
        if page.has_more:
            more.append(Way(_("More postings"), _query(form, after=str(page.lines[-1].place))))
        return Found(f"{about.code} {about.name}, {about.currency}", panels, more)

    def sheet(self, form: StatementForm, about: Account | None) -> Sheet[StatementLine]:
        """Return one row per posting; the first balance less its row is the opening."""
        assert about is not None, "the address names an account"
        currency = about.currency
        movement = account_statements.movement_of(about.pk, form.days)
        rows = account_statements.stream_lines(
            about.pk, form.days, opening_minor=movement.opening_minor
        )
        return Sheet(
            f"account_{about.code}_{about.pk}_{about.currency}_{span(form.days)}",
            _columns(Frame(about)),
            rows,
            lambda _line: currency,
        )


def _after(request: DoorRequest, form: StatementForm) -> Place | None:
    """Return the place that a page begins behind: of the page before, or before a day."""
    if day := form.cleaned_data["day"]:
        return Place(day)
    text = request.GET.get("after", "")
    try:
        return account_statements.place_of(text) if text else None
    except ValueError as error:
        raise Http404 from error


def _columns(frame: Frame) -> list[BookColumn[StatementLine]]:
    def entry(line: StatementLine) -> str:
        return showing.row_url(JournalEntry(pk=line.entry_id))

    return [
        BookColumn(_("business day"), lambda line: line.effective_date),
        BookColumn(_("no."), lambda line: line.seq, shown=lambda line: f"{line.seq:,}"),
        BookColumn(_("entry"), lambda line: kind_words(line.kind), url=entry),
        BookColumn(
            _("cause"),
            lambda line: line.subject,
            shown=lambda line: showing.subject_link(line.subject),
        ),
        BookColumn(_("source"), lambda line: line.source, is_shown=False),
        BookColumn(_("counter accounts"), _counter_accounts),
        BookColumn(_("debit"), lambda line: debit_of(line.amount_minor), is_amount=True, url=entry),
        BookColumn(
            _("credit"), lambda line: credit_of(line.amount_minor), is_amount=True, url=entry
        ),
        BookColumn(_("balance"), lambda line: frame.balance(line.balance_minor), is_amount=True),
    ]


def _counter_accounts(line: StatementLine) -> str:
    return ", ".join(f"{code} {chart.CHART[code].name}" for code in line.counter_codes)


def _summary(frame: Frame, movement: Movement, form: StatementForm) -> Facts:
    account = frame.account
    number = ledger_url(account.code, account.currency, form)
    names = owner_names([account])
    return Facts(
        str(_("account")),
        [
            Fact(_("account"), showing.link(number, f"{account.code} {account.name}")),
            Fact(_("owner"), owner_link(account.owner_id, names=names)),
            Fact(_("normal side"), account.get_normal_side_display()),
            Fact(_("opening"), frame.money(movement.opening_minor)),
            Fact(_("debits"), showing.money(movement.debits_minor, account.currency)),
            Fact(_("credits"), showing.money(movement.credits_minor, account.currency)),
            Fact(_("closing"), frame.money(movement.closing_minor)),
            Fact(
                _("as booked"),
                showing.link(showing.row_url(account), _("balance now, in order of booking")),
            ),
        ],
    )


def _curve(frame: Frame, movement: Movement, days: DayRange) -> list[Panel]:
    """Draw the balance over the days, and say its ends in words; nothing where nothing moved."""
    if (days.last - days.first).days > DRAWN_DAYS_MAX:
        return []
    account = frame.account
    closings = account_statements.closings_by_day(
        account.pk, days, opening_minor=movement.opening_minor
    )
    if closings is None:
        text = _("The curve is not drawn: too many postings stand in open days. Close them first.")
        return [Notice(text)]
    if not closings:
        return []
    points = [(days.first, movement.opening_minor), *closings]
    drawn = [
        Point(day, frame.balance(minor), f"{day}: {_amount(frame, minor)}") for day, minor in points
    ]
    title = _("Balance at the end of each day, %(currency)s") % {"currency": account.currency}
    (lowest_day, lowest), (highest_day, highest) = (
        pick(closings, key=lambda each: frame.balance(each[1])) for pick in (min, max)
    )
    caption = _(
        "Opening %(opening)s, closing %(closing)s; lowest %(lowest)s on %(lowest_day)s,"
        " highest %(highest)s on %(highest_day)s."
    ) % {
        "opening": _amount(frame, movement.opening_minor),
        "closing": _amount(frame, movement.closing_minor),
        "lowest": _amount(frame, lowest),
        "lowest_day": lowest_day,
        "highest": _amount(frame, highest),
        "highest_day": highest_day,
    }
    drawing = balance_by_day(drawn, first=days.first, last=days.last, title=title)
    return [Drawing(title, drawing, caption)]


def _amount(frame: Frame, minor: int) -> str:
    return (
        f"{showing.figure(frame.balance(minor), frame.account.currency)} {frame.account.currency}"
    )


def _lines(frame: Frame, movement: Movement, page: Page, *, is_first: bool) -> Report:
    columns = _columns(frame)
    currency = frame.account.currency
    opening = _("opening balance") if is_first else _("balance carried forward")
    rows: Sequence[Sequence[Cell]] = [
        cells(columns, line, currency=currency) for line in page.lines
    ]
    carried: list[Cell] = ["", "", opening, "", "", "", "", frame.money(page.balance_before_minor)]
    closing: list[Cell] = [
        "",
        "",
        _("closing balance"),
        "",
        "",
        showing.money(movement.debits_minor, currency),
        showing.money(movement.credits_minor, currency),
        frame.money(movement.closing_minor),
    ]
    onwards: list[Cell] = ["", "", _("to carry forward"), "", "", "", "", _last(frame, page)]
    return Report(
        _("postings"),
        heads(columns),
        [Group("", [carried, *rows])],
        empty="",
        totals=[onwards if page.has_more else closing],
        note=_(
            "By business day. The balance runs in this order; what was booked later for an"
            " earlier day stands on its own day."
        ),
    )


def _last(frame: Frame, page: Page) -> Cell:
    last = page.lines[-1].balance_minor if page.lines else page.balance_before_minor
    return frame.money(last)


def _query(form: StatementForm, **parameters: str) -> str:
    asked = form.cleaned_data
    return query_of(first=asked["first"], last=asked["last"], **parameters)

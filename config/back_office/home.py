"""Home: what waits for me, the money of the last days, and whether the books balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.back_office import charts, figures
from config.back_office.figures import DayMoney, Sums
from config.back_office.waiting import waiting_for
from ledger import chart
from ledger.admin import showing
from ledger.admin.asking import DoorRequest
from ledger.admin.books.journal_book import journal_url
from ledger.admin.panels import Column, Table
from ledger.models import AuditEntry, JournalEntry, Seal
from ledger.queries.proofs import SUBJECT as PROOFS
from ledger.queries.proofs import last_proof
from ledger.queries.seals import seal_lag
from payments.queries import sending
from payments.queries.calendar import business_date_of
from payments.queries.channel_health import worrying_examinations

SEES_MONEY = "ledger.view_journalentry"
SEES_SEALS = "ledger.view_seal"
LATE_SECONDS = 600
"""Rows that wait longer for their seal raise an alarm; sealing is due every minute."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The payments of 30 days in one currency."""

    title: str
    drawing: SafeString
    caption: str


def board(request: DoorRequest) -> dict[str, Any]:
    """Return what the home page shows to one person: only what they may see, and may do."""
    today = business_date_of(request.at)
    shown: dict[str, Any] = {
        "stops": _stops(request),
        "waiting": waiting_for(request),
        "house_zone": showing.zone_name(),
        "today": today,
        "sees_money": request.user.has_perm(SEES_MONEY),
    }
    if shown["sees_money"]:
        days = figures.money_by_day(until=today)
        shown |= {
            "money": _money_table(days),
            "charts": [_chart(currency, of_currency) for currency, of_currency in days.items()],
            "books": _books(figures.sums_of_the_books()),
        }
    if request.user.has_perm(SEES_SEALS):
        shown["seals"] = _seals()
    return shown


def _stops(request: DoorRequest) -> list[dict[str, str]]:
    """Say what is not sent at this moment, and why: what is held back, and lines that are dead."""
    found = []
    if request.user.has_perm("payments.view_sendinghold"):
        for hold in sending.standing_holds():
            whose = hold.channel_account or _("all channel accounts")
            words = {"covers": hold.get_covers_display(), "whose": whose, "reason": hold.reason}
            text = _("Held back: %(covers)s, %(whose)s. %(reason)s") % words
            found.append({"text": text, "url": showing.row_url(hold)})
    if request.user.has_perm("payments.view_channelaccount"):
        for breaker in sending.open_breakers():
            account = breaker.channel_account
            text = _("%(account)s does not answer; its orders wait.") % {"account": account}
            found.append({"text": text, "url": showing.row_url(account)})
        for examination in worrying_examinations():
            account = examination.channel_account
            text = (
                _("%(account)s: its last examination found errors.")
                if examination.errors
                else _("%(account)s: a certificate ends soon. Enter the new one before.")
            )
            found.append({"text": text % {"account": account}, "url": showing.row_url(account)})
    return found


def _money_table(days: Mapping[str, Sequence[DayMoney]]) -> Table:
    return Table(
        _("money"),
        [
            Column(_("business day")),
            Column(_("paid"), is_amount=True),
            Column(_("fees"), is_amount=True),
            Column(_("paid out"), is_amount=True),
        ],
        [
            [
                showing.link(_entries_of(day), _("today") if is_today else _("yesterday")),
                showing.money(day.paid_minor, currency, url=_postings(day, currency, PAID)),
                showing.money(day.fees_minor, currency, url=_postings(day, currency, FEES)),
                showing.money(day.paid_out_minor, currency, url=_postings(day, currency, PAID_OUT)),
            ]
            for currency, of_currency in days.items()
            for day, is_today in ((of_currency[-1], True), (of_currency[-2], False))
        ],
        empty=_(
            "No money has moved in the last 30 days. The first payment that a channel confirms"
            " is booked at once, and stands here."
        ),
        note=_("From the books. Paid out is what the bank's statements have shown."),
    )


def _chart(currency: str, days: Sequence[DayMoney]) -> Chart:
    total = sum(day.paid_minor for day in days)
    title = _("Paid in the last 30 days, %(currency)s") % {"currency": currency}
    bars = [
        charts.Bar(day.date, day.paid_minor, f"{day.date}: {_amount(day.paid_minor, currency)}")
        for day in days
    ]
    caption = _("%(total)s in all; the highest day is %(highest)s.") % {
        "total": _amount(total, currency),
        "highest": _amount(max(day.paid_minor for day in days), currency),
    }
    return Chart(title, charts.bars_by_day(bars, title=title), caption)


def _books(sums: Sequence[Sums]) -> dict[str, Any]:
    """Say whether debits equal credits in every currency."""
    wrong = [each for each in sums if each.debits_minor != each.credits_minor]
    if wrong:
        text = _("Books out of balance: debits and credits differ in %(currencies)s.")
        return {
            "tone": "alarm",
            "text": text % {"currencies": ", ".join(each.currency for each in wrong)},
            "url": reverse("admin:ledger_trial_balance"),
        }
    text = _("Books balanced: debits equal credits in every currency, as of this page.")
    sides = [_amount(each.debits_minor, each.currency) for each in sums]
    url = reverse("admin:ledger_trial_balance")
    return {"tone": "good", "text": text, "sides": sides, "url": url}


def _seals() -> dict[str, Any]:
    """Say up to when all is sealed, and raise an alarm when a proof failed or seals lag."""
    proof, lag = last_proof(), seal_lag()
    if proof is not None and not proof.is_sound:
        return {
            "tone": "alarm",
            "text": _("The books were not sound at the last proof: %(difference)s")
            % {"difference": proof.first_difference},
            "url": showing.list_url(AuditEntry, urlencode({"q": PROOFS})),
        }
    if lag.seconds > LATE_SECONDS:
        return {
            "tone": "alarm",
            "text": _("Sealing lags: a row has waited for %(minutes)d minutes.")
            % {"minutes": lag.seconds // 60},
            "url": showing.list_url(Seal),
        }
    last = Seal.objects.order_by("-number").values_list("number", "sealed_at").first()
    if last is None:
        text = _("Nothing is sealed yet; the worker does so every minute.")
        return {"tone": "moving", "text": text, "url": showing.list_url(Seal)}
    return {
        "tone": "good",
        "text": _("Sealed up to block %(number)d, %(at)s.")
        % {"number": last[0], "at": strip_tags(showing.instant(last[1]))},
        "url": showing.row_url(Seal(pk=last[0])),
    }


def _amount(minor: int, currency: str) -> str:
    return f"{showing.figure(minor, currency)} {currency}"


PAID = {"kind": "payment_paid", "code": chart.CHANNEL_RECEIVABLE, "side": "D"}
FEES = {"code": f"{chart.SERVICE_FEE},{chart.PAYOUT_FEE}"}
PAID_OUT = {"kind": "payout_confirmed", "code": chart.PAYOUTS_IN_TRANSIT, "side": "D"}
"""Which postings make the figures of a day (see config/back_office/figures.py)."""


def _postings(day: DayMoney, currency: str, which: Mapping[str, str]) -> str:
    return journal_url(first=day.date, last=day.date, currency=currency, **which)


def _filtered(model: type[Model], **parameters: str) -> str:
    return showing.list_url(model, urlencode(parameters))


def _entries_of(day: DayMoney) -> str:
    on = day.date.isoformat()
    return _filtered(JournalEntry, effective_date_from=on, effective_date_to=on)

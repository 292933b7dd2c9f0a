"""Judgements and their reasons, in words; also as a receipt on the page of what was judged."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin, contribute_to
from ledger.admin.base import BusinessDayRange
from ledger.admin.panels import Column, Moment, Panel, Table
from payments.models import Payment
from payments.screening import Verdict
from risk import findings
from risk.models import Screening
from risk.queries.screenings import screenings_of


@admin.register(Screening)
class ScreeningAdmin(ReadOnlyAdmin[Screening]):
    """What was judged, what each rule found, and the verdict."""

    list_display = ("id", "at", "deed", "subject", "verdict", "code", "client_ip")
    list_filter = ("verdict", "deed", ("at", BusinessDayRange))
    search_fields = ("id__exact", "subject__exact")
    search_help_text = gettext_lazy("Payment, settlement or scr_…")
    has_story = False
    list_related = ("release",)
    unread_fields = ("consumed", "findings")
    empty_hint = gettext_lazy("A payment is judged when its payer confirms it.")

    def panels(self, request: HttpRequest, row: Screening) -> Sequence[Panel]:
        """Show the reasons in words, what became of the limits it used, then everything."""
        return [receipt([row]), _used(row), self.facts(row)]


def receipt(screenings: Sequence[Screening]) -> Table:
    """Show the findings of some judgements of one thing, the newest judgement first."""
    return Table(
        _("screening receipt"),
        [
            Column(_("judged at")),
            Column(_("verdict")),
            Column(_("rule")),
            Column(_("finding")),
            Column(_("says")),
        ],
        [_finding(screening, found) for screening in screenings for found in screening.findings],
        empty=_("It has not been judged yet."),
    )


def _used(row: Screening) -> Table:
    """Show which counters a judgement filled, and whether they were given back."""
    release = getattr(row, "release", None)
    given_back = showing.instant(release.at if release is not None else None)
    return Table(
        _("limits used"),
        [
            Column(_("whose")),
            Column(_("business day")),
            Column(_("amount"), is_amount=True),
            Column(_("given back at")),
        ],
        [
            [
                showing.subject_link(str(used["subject_id"])),
                str(used["business_date"]),
                showing.money(int(used["amount_minor"]), str(used["currency"])),
                given_back,
            ]
            for used in row.consumed
        ],
        empty=_("It used no limit per day."),
    )


def known_of(request: HttpRequest, row: Model) -> Sequence[Panel | Moment]:
    """Return what risk knows of a payment or a settlement, to those who may see judgements."""
    if not request.user.has_perm("risk.view_screening"):
        return []
    screenings = screenings_of(str(row.pk))
    moments = [
        Moment(
            at=screening.at,
            what=_("judged: %(verdict)s") % {"verdict": screening.get_verdict_display()},
            evidence=screening.code,
            url=showing.row_url(screening),
        )
        for screening in screenings
    ]
    return [receipt(screenings), *moments]


def _finding(screening: Screening, found: dict[str, Any]) -> list[SafeString | str]:
    verdict = str(found.get("verdict", ""))
    label = str(Verdict(verdict).label) if verdict in Verdict.values else verdict
    facts = found.get("facts")
    sentence = findings.words(str(found.get("code", "")), facts if isinstance(facts, dict) else {})
    return [
        showing.link(showing.row_url(screening), showing.instant(screening.at, with_zone=False)),
        showing.badge(screening.verdict, screening.get_verdict_display()),
        str(found.get("rule", "")),
        sentence,
        showing.badge(verdict, label),
    ]


contribute_to(Payment, known_of)

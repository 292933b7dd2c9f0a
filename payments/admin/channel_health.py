"""How an account's channel answers, and what examinations of it found: panels and the button."""

from collections.abc import Sequence

from django import forms
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation
from ledger.admin.panels import Column, LooksAgain, Panel, Table
from ledger.admin.people import actor_link, names_of
from payments.actions import examinations
from payments.actions.channel_findings import told
from payments.admin.health_charts import hour_panels
from payments.models import CallResult, ChannelAccount, ChannelExamination, MethodSwitch
from payments.queries.channel_health import (
    DAY,
    HOUR,
    Health,
    health_of,
    is_being_examined,
    newest_examinations,
)

HISTORY = 10
_LEVELS = {
    "fine": ("succeeded", gettext_lazy("fine")),
    "warning": ("review", gettext_lazy("warning")),
    "error": ("failed", gettext_lazy("error")),
}


class ExamineAccount(Operation[ChannelAccount]):
    """Have an account examined."""

    name = "examine"
    label = gettext_lazy("Examine")
    explanation = gettext_lazy(
        "A worker looks at keys, certificates, clocks and addresses, and asks the channel for an"
        " order that does not exist. No money moves."
    )
    permission = "payments.examine_channelaccount"
    deed = "channel_account.examine"
    icon = "stethoscope"

    def perform(
        self, request: DoorRequest, row: ChannelAccount, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Have it examined, and go back to the page that shows what was found."""
        examinations.request_examination(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return HttpResponseRedirect(showing.row_url(row))


def health_panels(request: HttpRequest, row: ChannelAccount) -> Sequence[Panel]:
    """Show how the channel answers, which scenes are closed, and what was found last."""
    panels: list[Panel] = []
    if is_being_examined(row.pk):
        panels.append(LooksAgain(_("It is being examined. This page looks again by itself.")))
    panels += [*hour_panels(row), _calls(row), *_closed(row)]
    found = newest_examinations(row, limit=HISTORY)
    if found:
        panels.append(_findings(found[0]))
    panels.append(_history(found))
    return panels


def _calls(row: ChannelAccount) -> Table:
    spans = [(_("the last hour"), HOUR), (_("the last 24 hours"), DAY)]
    return Table(
        _("how the channel answers"),
        [
            Column(_("span")),
            *(Column(result.label, is_amount=True) for result in CallResult),
            Column(_("median ms"), is_amount=True),
            Column(_("95 of 100 within ms"), is_amount=True),
        ],
        [_line(name, health_of([row.pk], within=span)[row.pk]) for name, span in spans],
        empty="",
        note=_("Exchanges about orders; times are of those that were answered."),
    )


def _line(name: str, health: Health) -> list[str | int]:
    return [
        name,
        *(health.counts[result] for result in CallResult),
        "–" if health.median_ms is None else health.median_ms,
        "–" if health.p95_ms is None else health.p95_ms,
    ]


def _closed(row: ChannelAccount) -> list[Table]:
    switches = MethodSwitch.objects.filter(opened_at=None, channel_account=row)
    rows = [
        [
            showing.row_link(switch),
            switch.reason,
            switch.closed_by,
            showing.instant(switch.closed_at),
        ]
        for switch in switches
    ]
    columns = [_("scene"), _("reason"), _("closed by"), _("closed at")]
    if not rows:
        return []
    return [Table(_("closed scenes"), [Column(name) for name in columns], rows, empty="")]


def _findings(examination: ChannelExamination) -> Table:
    return Table(
        _("what the last examination found"),
        [Column(_("check")), Column(_("level")), Column(_("seen")), Column(_("what to do"))],
        [
            [
                found.check,
                showing.badge(_LEVELS[found.level][0], str(_LEVELS[found.level][1])),
                found.seen,
                found.todo,
            ]
            for found in map(told, examination.findings)
        ],
        empty="",
    )


def _history(found: Sequence[ChannelExamination]) -> Table:
    names = names_of(examination.asked_by for examination in found)
    return Table(
        _("examinations"),
        [
            Column(_("examined at")),
            Column(_("asked by")),
            Column(_("errors"), is_amount=True),
            Column(_("warnings"), is_amount=True),
        ],
        [
            [
                showing.instant(examination.examined_at),
                actor_link(examination.asked_by, names=names),
                examination.errors,
                examination.warnings,
            ]
            for examination in found
        ],
        empty=_("Never examined. Every night all accounts are; a button does it now."),
    )

"""What channels told us unasked: as it came, what it turned out to be, and what came of it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Notice, Panel
from payments.actions import notification_care
from payments.admin.masking import MASK, masked
from payments.models import ChannelAccount, ChannelKind, ChannelNotification
from payments.queries.notifications import nobodys, order_of
from payments.states import Verdict


class WhoseFilter(admin.SimpleListFilter):
    """Narrow the list to numbers that nobody here gave."""

    title = gettext_lazy("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Offer the one list that people have to work through."""
        return [("nobodys", _("nobody's"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows that are nobody's."""
        return queryset & nobodys() if self.value() == "nobodys" else queryset


class Reverify(Operation[ChannelNotification]):
    """Judge a message again."""

    name = "reverify"
    label = gettext_lazy("Verify again")
    explanation = gettext_lazy(
        "The kept bytes are verified again with the keys of today, as of when they came. If they"
        " are genuine now, the channel is asked; no money moves by the message itself."
    )
    permission = "payments.reverify_notification"
    deed = "notification.reverify"
    icon = "verified_user"
    form_class = ReasonForm

    def is_offered(self, row: ChannelNotification) -> bool:
        """Offer it while the verdict may change, for what is kept as it came."""
        return row.verdict in notification_care.MAY_CHANGE and not row.is_masked

    def perform(
        self, request: DoorRequest, row: ChannelNotification, form: forms.Form, asking: Asking
    ) -> Words:
        """Judge it, and say what it is."""
        judged = notification_care.reverify_notification(
            row.pk, actor=asking.actor, at=asking.at, reason=form.cleaned_data["reason"]
        )
        return _("Verified again: %(verdict)s.") % {"verdict": judged.get_verdict_display()}


class Replay(Operation[ChannelNotification]):
    """Have the owner ask again."""

    name = "replay"
    label = gettext_lazy("Ask the channel again")
    explanation = gettext_lazy(
        "The owner of the order asks the channel once more, as when the message came. What the"
        " channel answers decides; the message itself moves nothing."
    )
    permission = "payments.replay_notification"
    deed = "notification.replay"
    icon = "replay"
    form_class = ReasonForm

    def is_offered(self, row: ChannelNotification) -> bool:
        """Offer it for a genuine message about an order of ours."""
        return notification_care.is_about_an_order(row)

    def perform(
        self, request: DoorRequest, row: ChannelNotification, form: forms.Form, asking: Asking
    ) -> Words:
        """Have it asked."""
        is_asked = notification_care.replay_notification(
            row.pk, actor=asking.actor, at=asking.at, reason=form.cleaned_data["reason"]
        )
        return _("The channel will be asked.") if is_asked else _("That waits already.")


class WhichAccountForm(ReasonForm):
    """Which account's messages, and why."""

    account = forms.ModelChoiceField(
        label=gettext_lazy("Channel account"),
        queryset=ChannelAccount.objects.exclude(channel=ChannelKind.BANK).order_by("name"),
    )
    field_order = ("account", "reason")


class ReverifyAll(Operation[None]):
    """Judge all refused messages of an account again, after its keys have changed."""

    name = "reverify-all"
    label = gettext_lazy("Verify refused ones again")
    explanation = gettext_lazy(
        "All messages of one account that were refused are verified again with the keys of today,"
        " such as after the channel has changed its key. Each that is genuine makes us ask, once."
    )
    permission = "payments.reverify_notification"
    deed = "notification.reverify"
    icon = "verified_user"
    form_class = WhichAccountForm

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Have a job do it."""
        is_asked = notification_care.have_reverified(
            form.cleaned_data["account"],
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
        )
        return _("They will be verified again.") if is_asked else _("That waits already.")


@admin.register(ChannelNotification)
class ChannelNotificationAdmin(OperationsAdmin[ChannelNotification]):
    """What a channel told us by itself; it only makes us ask."""

    list_display = (
        "id",
        "channel_account",
        "verdict",
        "channel_no",
        "claimed_status",
        "client_ip",
        "received_at",
    )
    list_filter = (
        "verdict",
        WhoseFilter,
        "channel_account__channel",
        ("received_at", BusinessDayRange),
    )
    search_fields = ("channel_no__exact", "notification_id__exact", "subject__exact")
    search_help_text = gettext_lazy("Our number, the channel's notification id, att_… or po_…")
    unread_fields = ("body", "headers")
    has_story = False
    row_operations = (Reverify(), Replay())
    list_operations = (ReverifyAll(),)
    empty_hint = gettext_lazy("What channels tell us is kept here as it came, before it is judged.")

    def panels(self, request: HttpRequest, row: ChannelNotification) -> Sequence[Panel]:
        """Show the message with its masked body, and what came of it."""
        body = bytes(row.body).decode("utf-8", errors="replace")
        content = Facts(
            _("content"),
            [
                Fact(_("masked"), showing.structure(masked(body)), is_wide=True),
                Fact(_("headers"), showing.structure(_masked_headers(row.headers)), is_wide=True),
            ],
            note=_("What names a person, and signatures, are blotted out."),
        )
        return [*_warnings(row), self.facts(row), _what_came_of_it(row), content]


def _warnings(row: ChannelNotification) -> list[Notice]:
    if row.is_masked:
        masked_note = Notice(
            _(
                "A card's number was blotted out before this was kept. It was verified as it came,"
                " and cannot be verified again. Have the channel set the account up so that it"
                " tells no card numbers."
            )
        )
        return [masked_note, *_nobodys(row)]
    return _nobodys(row)


def _nobodys(row: ChannelNotification) -> list[Notice]:
    if row.verdict == Verdict.GENUINE and not row.subject:
        return [
            Notice(
                _(
                    "Nobody here gave this number. Look it up at the channel: if money came with"
                    " it, the bill of that day has it, and people decide what becomes of it."
                ),
                "alarm",
            )
        ]
    return []


def _what_came_of_it(row: ChannelNotification) -> Facts:
    """Tell which order it is about and where that stands; asking is what a message leads to."""
    order = order_of(row)
    facts = [Fact(_("whose order"), showing.subject_link(row.subject) if row.subject else "—")]
    if order is not None:
        facts += [
            Fact(_("order to the channel"), showing.row_link(order)),
            Fact(_("status"), showing.badge(order.status, order.get_status_display())),
            Fact(_("questions asked"), order.queries),
            Fact(_("next question"), showing.instant(order.next_query_at)),
        ]
    return Facts(_("what came of it"), facts)


def _masked_headers(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: MASK if "signature" in name and "type" not in name else value
        for name, value in headers.items()
    }

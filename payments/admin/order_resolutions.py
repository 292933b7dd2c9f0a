"""The buttons by which two people say what became of an order that no channel answered for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Fact, Facts, Panel
from ledger.admin.typed_instants import BusinessInstantField
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.actions import order_resolutions
from payments.models import ChannelOperation
from payments.queries.order_resolutions import (
    Evidence,
    Resolution,
    ResolvedAs,
    agreed_resolution,
    latest_resolution,
    needs_number,
    resolution_of,
    resolution_payload,
)
from payments.states import OperationStatus


class ResolutionForm(ReasonForm):
    """What became of the order, and what proves it."""

    outcome = forms.ChoiceField(label=gettext_lazy("What became of it"), choices=ResolvedAs.choices)
    evidence = forms.ChoiceField(label=gettext_lazy("Evidence"), choices=Evidence.choices)
    reference = forms.CharField(
        label=gettext_lazy("Its reference"),
        max_length=120,
        help_text=gettext_lazy("Where another person finds it: file and line, letter, statement."),
    )
    happened_at = BusinessInstantField(
        label=gettext_lazy("When the channel did it"),
        required=False,
        help_text=gettext_lazy(
            "The time at the channel, as the evidence says: it is booked on that day. Left"
            " empty, it is booked on the day on which it is agreed to."
        ),
    )
    channel_ref = forms.CharField(
        label=gettext_lazy("The channel's own number"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Of what the channel did, if the evidence says it."),
    )
    field_order = ("outcome", "happened_at", "channel_ref", "evidence", "reference", "reason")


class AskResolution(Operation[ChannelOperation]):
    """Ask that an order ends as its evidence says."""

    name = "ask-resolution"
    label = gettext_lazy("Take outcome from evidence")
    explanation = gettext_lazy(
        "The channel was asked until the end of the schedule and nobody knows what became of this"
        " order. Another person has to agree; then it is booked as if the channel had said so. No"
        " money moves yet."
    )
    permission = "payments.request_resolution"
    deed = "operation_resolution.ask"
    icon = "gavel"
    variant = "primary"
    form_class = ResolutionForm

    def is_offered(self, row: ChannelOperation) -> bool:
        """Offer it for what people look at, unless somebody has asked, or two have agreed."""
        if row.status != OperationStatus.MANUAL_REVIEW:
            return False
        waiting = latest_resolution(row.pk)
        is_asked = waiting is not None and waiting.state == ApprovalState.PENDING
        return not is_asked and agreed_resolution(row) is None

    def form(self, request: DoorRequest, row: ChannelOperation) -> forms.Form:
        """Say where the channel's own number has to be given."""
        form = super().form(request, row)
        if needs_number(row):
            form.fields["channel_ref"].help_text = _(
                "Required if the channel did it, as its bill says it: by this number alone it"
                " refunds, takes or gives back."
            )
        return form

    def panels(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Panel]:
        """Show which order."""
        return [_summary(row)]

    def perform(
        self, request: DoorRequest, row: ChannelOperation, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask for it."""
        order_resolutions.request_resolution(
            row.pk,
            Resolution(
                outcome=form.cleaned_data["outcome"],
                evidence=form.cleaned_data["evidence"],
                reference=form.cleaned_data["reference"],
                note=form.cleaned_data["reason"],
                happened_at=form.cleaned_data["happened_at"],
                channel_ref=form.cleaned_data["channel_ref"],
            ),
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to agree; no money has moved.")


class _Decision(panel.Decision[ChannelOperation]):
    """What another person says of the outcome."""

    permission = "payments.approve_resolution"
    payload_words: ClassVar[Mapping[str, Words]] = {
        "order": gettext_lazy("order"),
        "kind": gettext_lazy("kind"),
        "serves": gettext_lazy("serves"),
        "channel_account": gettext_lazy("channel account"),
        "channel_no": gettext_lazy("our number at the channel"),
        "amount_minor": gettext_lazy("amount"),
        "currency": gettext_lazy("currency"),
        "status": gettext_lazy("status"),
        "outcome": gettext_lazy("outcome"),
        "evidence": gettext_lazy("evidence"),
        "reference": gettext_lazy("its reference"),
        "note": gettext_lazy("what it says"),
        "happened_at": gettext_lazy("when the channel did it"),
        "channel_ref": gettext_lazy("the channel's own number"),
    }

    def request_of(self, row: ChannelOperation) -> ApprovalRequest | None:
        """Return the newest request about its outcome."""
        return latest_resolution(row.pk)

    def payload_of(self, row: ChannelOperation) -> Mapping[str, Any]:
        """Return what is agreed to, with the order as it is now."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        return resolution_payload(row, resolution_of(waiting))

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Say outcome, evidence and time in words."""
        if name == "outcome":
            return str(ResolvedAs(str(value)).label)
        if name == "evidence":
            return str(Evidence(str(value)).label)
        if name == "happened_at" and value:
            return showing.instant(datetime.fromisoformat(str(value)))
        return None

    def summary(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Panel]:
        """Show which order."""
        return [_summary(row)]


class ApproveResolution(_Decision, panel.Approve[ChannelOperation]):
    """Agree to the outcome."""

    kind = order_resolutions.APPROVAL_KIND
    kind_words = gettext_lazy("outcome of an order by evidence")
    name = "approve-resolution"
    label = gettext_lazy("Agree to outcome")
    explanation = gettext_lazy(
        "You have seen the evidence yourself. The order ends in this way, and is booked as if the"
        " channel had said so."
    )
    deed = "operation_resolution.approve"
    done = gettext_lazy("Agreed. It is being recorded.")

    def decide(
        self, row: ChannelOperation, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Agree to what was shown."""
        order_resolutions.approve_resolution(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectResolution(_Decision, panel.Reject[ChannelOperation]):
    """Say no to the outcome."""

    name = "reject-resolution"
    label = gettext_lazy("Reject outcome")
    explanation = gettext_lazy("The order stays in review. No money moves.")
    deed = "operation_resolution.reject"
    done = gettext_lazy("Rejected. The order stays in review.")

    def decide(
        self, row: ChannelOperation, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Say no to what was shown."""
        order_resolutions.reject_resolution(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


def _summary(row: ChannelOperation) -> Facts:
    return Facts(
        _("order to a channel"),
        [
            Fact(_("kind"), row.get_kind_display()),
            Fact(_("amount"), showing.money(row.amount_minor, row.currency)),
            Fact(_("serves"), showing.subject_link(row.subject)),
            Fact(_("channel account"), showing.row_link(row.channel_account)),
            Fact(_("our number at the channel"), showing.code(row.channel_no)),
            Fact(_("times asked"), row.queries),
            Fact(_("last answer of the channel"), f"{row.code} {row.message}", is_wide=True),
        ],
    )

"""The buttons by which two people say what is true of an order that its channel contradicts."""

from collections.abc import Mapping, Sequence
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
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.actions import contradictions
from payments.models import ChannelOperation
from payments.queries.contradictions import (
    APPROVAL_KIND,
    TruthOf,
    contradiction_payload,
    has_ended_otherwise,
    is_contradicted,
    latest_contradiction,
    noun_of,
    truth_of,
)
from payments.queries.order_resolutions import Evidence, Resolution
from payments.states import OperationStatus

_OVER = (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CLOSED)


class TruthForm(ReasonForm):
    """What really became of the order, and what proves it."""

    way = forms.ChoiceField(label=gettext_lazy("What really became of it"), choices=TruthOf.choices)
    evidence = forms.ChoiceField(label=gettext_lazy("Evidence"), choices=Evidence.choices)
    reference = forms.CharField(
        label=gettext_lazy("Its reference"),
        max_length=120,
        help_text=gettext_lazy("Where another person finds it: file and line, letter, statement."),
    )
    field_order = ("way", "evidence", "reference", "reason")


class AskTruth(Operation[ChannelOperation]):
    """Ask that a contradiction ends as its evidence says."""

    name = "ask-truth"
    label = gettext_lazy("Say what is true")
    explanation = gettext_lazy(
        "It had ended here, and the channel says that it went otherwise. Another person has to"
        " agree; then what is true is booked on that day. No money moves yet."
    )
    permission = "payments.request_resolution"
    deed = "contradiction.ask"
    icon = "balance"
    variant = "primary"
    form_class = TruthForm

    def is_offered(self, row: ChannelOperation) -> bool:
        """Offer it for what is contradicted, unless somebody has asked."""
        if row.status not in _OVER or not is_contradicted(row):
            return False
        waiting = latest_contradiction(row.pk)
        return waiting is None or waiting.state != ApprovalState.PENDING

    def panels(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Panel]:
        """Show which order, and what stands."""
        return [_summary(row)]

    def perform(
        self, request: DoorRequest, row: ChannelOperation, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask for it."""
        told = form.cleaned_data
        contradictions.request_truth(
            row.pk,
            Resolution(told["way"], told["evidence"], told["reference"], told["reason"]),
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to agree; no money has moved.")


class _Decision(panel.Decision[ChannelOperation]):
    """What another person says of what shall be true."""

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
        "way": gettext_lazy("what really became of it"),
        "evidence": gettext_lazy("evidence"),
        "reference": gettext_lazy("its reference"),
        "note": gettext_lazy("what it says"),
    }

    def request_of(self, row: ChannelOperation) -> ApprovalRequest | None:
        """Return the newest request about what is true."""
        return latest_contradiction(row.pk)

    def payload_of(self, row: ChannelOperation) -> Mapping[str, Any]:
        """Return what is agreed to, with the order as it is now."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        noun = noun_of(row)
        assert noun is not None, "what is contradicted serves somebody"
        return contradiction_payload(row, noun, truth_of(waiting))

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Say truth and evidence in words."""
        if name == "way":
            return str(TruthOf(str(value)).label)
        if name == "evidence":
            return str(Evidence(str(value)).label)
        return None

    def summary(self, request: HttpRequest, row: ChannelOperation) -> Sequence[Panel]:
        """Show which order."""
        return [_summary(row)]


class ApproveTruth(_Decision, panel.Approve[ChannelOperation]):
    """Agree to what is true."""

    kind = APPROVAL_KIND
    kind_words = gettext_lazy("what is true of an order that its channel contradicts")
    name = "approve-truth"
    label = gettext_lazy("Agree to what is true")
    explanation = gettext_lazy(
        "You have seen the evidence yourself. What is true is booked at once, where it is not what"
        " stands, and the contradiction has ended."
    )
    deed = "contradiction.approve"
    done = gettext_lazy("Agreed. What is true stands now.")

    def decide(
        self, row: ChannelOperation, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Agree to what was shown."""
        contradictions.approve_truth(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        noun = noun_of(row)
        if noun is not None and has_ended_otherwise(noun) and self._is_said_made(row):
            return _("Agreed. It is noted: what was held had ended without it already.")
        return None

    def _is_said_made(self, row: ChannelOperation) -> bool:
        agreed = self.request_of(row)
        return agreed is not None and truth_of(agreed).outcome == TruthOf.MADE


class RejectTruth(_Decision, panel.Reject[ChannelOperation]):
    """Say no to what was said."""

    name = "reject-truth"
    label = gettext_lazy("Reject what was said")
    explanation = gettext_lazy("It stays contradicted. No money moves.")
    deed = "contradiction.reject"
    done = gettext_lazy("Rejected. It stays contradicted.")

    def decide(
        self, row: ChannelOperation, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Say no to what was shown."""
        contradictions.reject_truth(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


def _summary(row: ChannelOperation) -> Facts:
    noun = noun_of(row)
    assert noun is not None, "what is contradicted serves somebody"
    facts = [
        Fact(_("kind"), row.get_kind_display()),
        Fact(_("amount"), showing.money(row.amount_minor, row.currency)),
        Fact(_("serves"), showing.row_link(noun)),
        Fact(_("as it ended here"), showing.badge(noun.status, noun.get_status_display())),
        Fact(_("channel account"), showing.row_link(row.channel_account)),
        Fact(_("our number at the channel"), showing.code(row.channel_no)),
        Fact(_("last answer of the channel"), f"{row.code} {row.message}", is_wide=True),
    ]
    if has_ended_otherwise(noun):
        ended = _(
            "It ended without this void. If the channel gave it back, that is noted and nothing"
            " else changes."
        )
        facts.append(Fact(_("what was held"), ended, is_wide=True))
    return Facts(_("order to a channel"), facts)

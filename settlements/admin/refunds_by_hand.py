"""The buttons that book a debit of the bank as an abnormal refund: one says, another agrees."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.journal import entry_url
from ledger.admin.operations import Operation, ReasonForm, Words, add_operations
from ledger.admin.panels import Cell, Fact, Facts, Panel
from ledger.models import ApprovalRequest
from payments.admin import refund_panels
from payments.models import RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import APPROVAL_KIND
from settlements.actions import refunds_by_hand
from settlements.models import BillLine, BillLineState
from settlements.queries.refunds_by_hand import (
    by_hand_payload,
    line_of,
    refunds_of_line,
    waiting_remedy_of,
)


class RefundByHandForm(ReasonForm):
    """Which refund it was."""

    refund = forms.ChoiceField(label=gettext_lazy("Refund"))
    field_order = ("refund", "reason")


class ProposeRefundByHand(Operation[BillLine]):
    """Say that a debit was an abnormal refund."""

    name = "propose-refund-by-hand"
    label = gettext_lazy("Name as refund")
    explanation = gettext_lazy(
        "You say that by this debit somebody paid a refund that its channel could not deliver."
        " Another person has to agree before it is booked. Only abnormal refunds of exactly this"
        " amount are offered."
    )
    permission = "payments.request_remedy"
    deed = "refund_remedy.request"
    icon = "undo"
    form_class = RefundByHandForm

    def is_offered(self, row: BillLine) -> bool:
        """Offer it for open debits that some refund waits for and nobody has named yet."""
        is_open = row.state == BillLineState.OPEN and row.direction == "debit"
        return is_open and waiting_remedy_of(row) is None and bool(refunds_of_line(row))

    def form(self, request: DoorRequest, row: BillLine) -> forms.Form:
        """Offer the refunds of exactly this amount."""
        form = RefundByHandForm(request.POST if request.method == "POST" else None)
        field = form.fields["refund"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (refund.pk, f"{refund.pk} · {refund.merchant_refund_no}")
            for refund in refunds_of_line(row)
        ]
        return form

    def panels(self, request: HttpRequest, row: BillLine) -> Sequence[Panel]:
        """Show the debit."""
        return [_debit(row)]

    def perform(self, request: DoorRequest, row: BillLine, form: forms.Form, asking: Asking) -> str:
        """Propose it."""
        refunds_by_hand.propose_refund_by_hand(
            form.cleaned_data["refund"],
            bill_line_id=row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Named. Another person has to agree now; nothing is booked yet.")


class _Decision(Decision[RefundRemedy]):
    """What another person says of a debit that shall have been a refund."""

    permission = "payments.approve_remedy"
    own_request = gettext_lazy("You named it, so another person has to decide on it.")
    payload_words = {
        "remedy": gettext_lazy("other way for a refund"),
        "refund": gettext_lazy("refund"),
        "way": gettext_lazy("way"),
        "amount_minor": gettext_lazy("amount"),
        "currency": gettext_lazy("currency"),
        "note": gettext_lazy("note"),
        "bank_account": gettext_lazy("left our account"),
        "bill": gettext_lazy("bill"),
        "line_no": gettext_lazy("line"),
        "booking_date": gettext_lazy("booked by the bank on"),
        "bank_reference": gettext_lazy("bank reference"),
    }

    def is_offered(self, row: RefundRemedy) -> bool:
        """Offer it while it waits for another person."""
        is_ours = row.kind == RemedyKind.BY_HAND
        return is_ours and row.status == RemedyStatus.PENDING_APPROVAL and super().is_offered(row)

    def request_of(self, row: RefundRemedy) -> ApprovalRequest | None:
        """Return the request that was opened with it."""
        return row.approval

    def payload_of(self, row: RefundRemedy) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return by_hand_payload(row, _line(row))

    def summary(self, request: HttpRequest, row: RefundRemedy) -> Sequence[Panel]:
        """Show the refund, and what the bank took."""
        panels: list[Panel] = [refund_panels.summary(row.refund)]
        return [*panels, _debit(_line(row))] if row.kind == RemedyKind.BY_HAND else panels

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name the way as people do."""
        return str(RemedyKind(str(value)).label) if name == "way" else None


class ApproveRefundByHand(_Decision, Approve[RefundRemedy]):
    """Agree that a debit was a refund."""

    kind = APPROVAL_KIND
    kind_words = gettext_lazy("another way for a refund")
    name = "approve-by-hand"
    label = gettext_lazy("Approve refund by hand")
    explanation = gettext_lazy(
        "It is booked on the bank's day: what was owed to the payer left our bank account. The"
        " refund ends, and so does its order at the channel."
    )
    deed = "refund_remedy.approve"
    done = gettext_lazy("Approved and booked. The refund is settled by hand.")

    def decide(
        self, row: RefundRemedy, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        refunds_by_hand.approve_refund_by_hand(
            row.refund_id, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectRefundByHand(_Decision, Reject[RefundRemedy]):
    """Say that it was something else."""

    name = "reject-by-hand"
    label = gettext_lazy("Reject refund by hand")
    explanation = gettext_lazy("The refund stays abnormal and the line open.")
    deed = "refund_remedy.reject"
    done = gettext_lazy("Rejected. No money moved.")

    def decide(
        self, row: RefundRemedy, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        refunds_by_hand.reject_refund_by_hand(
            row.refund_id,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


def _line(row: RefundRemedy) -> BillLine:
    """Read the line of a way once for a page."""
    if "_line" not in row.__dict__:
        row.__dict__["_line"] = line_of(row)
    line: BillLine = row.__dict__["_line"]
    return line


def _debit(row: BillLine) -> Facts:
    url = entry_url(row.entry_id) if row.entry_id else showing.row_url(row.bill)
    return Facts(
        _("what the bank took"),
        [
            Fact(_("amount"), showing.money(row.amount_minor, row.currency, url=url)),
            Fact(_("booked by the bank on"), showing.day(row.booking_date)),
            Fact(_("bank reference"), showing.code(row.bank_reference)),
            Fact(_("text"), row.text),
            Fact(_("bill"), showing.row_link(row.bill)),
        ],
    )


add_operations(RefundRemedy, ApproveRefundByHand(), RejectRefundByHand())

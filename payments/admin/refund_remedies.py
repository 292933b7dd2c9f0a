"""The buttons by which two people have an abnormal refund delivered to a card of the payer's."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.approval_facts import decisions_table
from ledger.admin.asking import Asking, DoorRequest, asking_of
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Cell, Fact, Facts, Panel
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.actions import refund_remedies
from payments.actions.remedy_cards import ACCOUNT_DIGITS_MAX, HOLDER_LENGTH_MAX, PayerCard
from payments.actions.remedy_orders import AT_OUR_ACCOUNT
from payments.admin import refund_panels as panels
from payments.admin.remedy_cards import card_panel
from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import APPROVAL_KIND, remedy_payload
from payments.states import RefundStatus

_WORDS: Mapping[str, Words] = {
    "remedy": gettext_lazy("other way for a refund"),
    "refund": gettext_lazy("refund"),
    "way": gettext_lazy("way"),
    "amount_minor": gettext_lazy("amount"),
    "currency": gettext_lazy("currency"),
    "bank": gettext_lazy("payer's bank"),
    "account_tail": gettext_lazy("account ends in"),
    "note": gettext_lazy("note"),
    "card_index": gettext_lazy("fingerprint of number and holder"),
}


class _NeverAgain(forms.TextInput):
    """Takes what is kept encrypted, and never shows it again: also not beside a complaint."""

    def format_value(self, value: object) -> None:
        """Show nothing."""
        return


class PayerCardForm(ReasonForm):
    """Where the payer wants the money, as the channel takes it."""

    bank = forms.CharField(
        label=gettext_lazy("Payer's bank"),
        max_length=40,
        help_text=gettext_lazy("In the channel's words, as ICBC_DEBIT."),
    )
    # The guard against card numbers knows by this name that one belongs here.
    account_no = forms.CharField(
        label=gettext_lazy("Account or card number"),
        max_length=ACCOUNT_DIGITS_MAX + 8,
        widget=_NeverAgain(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept encrypted, and forgotten when the refund has ended."),
    )
    holder_name = forms.CharField(
        label=gettext_lazy("Holder of the account"),
        max_length=HOLDER_LENGTH_MAX,
        widget=_NeverAgain(attrs={"autocomplete": "off"}),
    )
    field_order = ("bank", "account_no", "holder_name", "reason")


class _AskWay(Operation[Refund]):
    """Ask another person to agree to one way."""

    kind: ClassVar[RemedyKind]
    permission = "payments.request_remedy"
    deed = "refund_remedy.request"
    form_class = ReasonForm

    def is_offered(self, row: Refund) -> bool:
        """Offer it for a refund that has not reached its payer, while somebody has it."""
        is_waiting = row.status in (RefundStatus.ABNORMAL, RefundStatus.REVERSED)
        return is_waiting and row.status_code != AT_OUR_ACCOUNT

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show the refund."""
        return [panels.summary(row)]

    def perform(self, request: DoorRequest, row: Refund, form: forms.Form, asking: Asking) -> Words:
        """Ask for it."""
        told = form.cleaned_data
        is_card = self.kind == RemedyKind.PAYER_CARD
        refund_remedies.request_remedy(
            row.pk,
            kind=self.kind,
            card=PayerCard(told["bank"], told["account_no"], told["holder_name"])
            if is_card
            else None,
            note=told["reason"],
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to approve it; no money has moved.")


class AskPayerCard(_AskWay):
    """Ask that the channel delivers an abnormal refund to a card of the payer's."""

    kind = RemedyKind.PAYER_CARD
    name = "ask-payer-card"
    label = gettext_lazy("Send to a card of the payer's")
    explanation = gettext_lazy(
        "Another person has to agree. Then the channel is asked once more, and told to deliver the"
        " refund there under its own number. No other money moves."
    )
    icon = "credit_card"
    form_class = PayerCardForm


class AskOurAccount(_AskWay):
    """Ask that the channel pays a refund to our own bank account, from where people pay it."""

    kind = RemedyKind.OUR_ACCOUNT
    name = "ask-our-account"
    label = gettext_lazy("Have it sent to our account")
    explanation = gettext_lazy(
        "Another person has to agree. Then the channel is told to pay the refund to the bank"
        " account of ours that it knows. It is owed to the payer still: pay it by hand from there,"
        " and name the debit of the bank's statement."
    )
    icon = "account_balance"


class AskMerchants(_AskWay):
    """Ask that a refund that came back is given to the merchants who had paid it."""

    kind = RemedyKind.MERCHANTS
    name = "ask-merchants"
    label = gettext_lazy("Give back to the merchants")
    explanation = gettext_lazy(
        "The payer gets nothing of it: agreed with them, or made good by the merchant. Another"
        " person has to agree; then it is the merchants' again, with our fee taken as before."
    )
    icon = "store"

    def is_offered(self, row: Refund) -> bool:
        """Offer it for what came back."""
        return row.status == RefundStatus.REVERSED

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show the refund, and whose money it would be."""
        return [panels.summary(row), panels.whose_money(row)]


class _Decision(panel.Decision[RefundRemedy]):
    """What another person says of another way."""

    permission = "payments.approve_remedy"
    payload_words = _WORDS

    def is_offered(self, row: RefundRemedy) -> bool:
        """Offer it while a way waits; one by hand has buttons of its own."""
        is_ours = row.kind != RemedyKind.BY_HAND
        return is_ours and row.status == RemedyStatus.PENDING_APPROVAL and super().is_offered(row)

    def request_of(self, row: RefundRemedy) -> ApprovalRequest | None:
        """Return the request that was opened with it."""
        return row.approval

    def payload_of(self, row: RefundRemedy) -> Mapping[str, Any]:
        """Return what is agreed to."""
        return remedy_payload(row)

    def summary(self, request: HttpRequest, row: RefundRemedy) -> Sequence[Panel]:
        """Show the refund, and whose money it is."""
        return [panels.summary(row.refund), panels.whose_money(row.refund)]

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name the way as people do."""
        return str(RemedyKind(str(value)).label) if name == "way" else None


class ApproveRemedy(_Decision, panel.Approve[RefundRemedy]):
    """Agree to another way, which has the channel asked."""

    kind = APPROVAL_KIND
    kind_words = gettext_lazy("another way for a refund")
    name = "approve"
    label = gettext_lazy("Approve the other way")
    explanation = gettext_lazy(
        "You agree that the refund goes this way. A channel delivers it under its own number; what"
        " goes to the merchants is theirs at once."
    )
    deed = "refund_remedy.approve"
    done = gettext_lazy("Approved. It goes this way now.")

    def summary(self, request: HttpRequest, row: RefundRemedy) -> Sequence[Panel]:
        """Open the card for who may agree to it; the audit trail keeps that they looked."""
        panels_of_refund = super().summary(request, row)
        is_card = row.kind == RemedyKind.PAYER_CARD and self.is_offered(row)
        if not is_card or self.hindrance(request, row):
            return panels_of_refund
        asking = asking_of(request)  # type: ignore[arg-type]
        return [card_panel(row, asking), *panels_of_refund]

    def decide(
        self, row: RefundRemedy, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        refund_remedies.approve_remedy(
            row.refund_id, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectRemedy(_Decision, panel.Reject[RefundRemedy]):
    """Say no to another way."""

    name = "reject"
    label = gettext_lazy("Reject the other way")
    explanation = gettext_lazy(
        "The refund stays as it is; what was told of an account is forgotten."
    )
    deed = "refund_remedy.reject"
    done = gettext_lazy("Rejected. No money moved.")

    def decide(
        self, row: RefundRemedy, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        refund_remedies.reject_remedy(
            row.refund_id,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


@admin.register(RefundRemedy)
class RefundRemedyAdmin(OperationsAdmin[RefundRemedy]):
    """Each other way for a refund, with its people; of an account only how it ends."""

    list_display = ("id", "refund", "kind", "status", "account_tail", "maker", "created_at")
    list_filter = ("status", ("created_at", BusinessDayRange))
    search_fields = ("id__exact", "refund__id__exact")
    search_help_text = gettext_lazy("rmd_… or ref_…")
    empty_hint = gettext_lazy("Another way is asked for on the page of an abnormal refund.")
    list_related = ("refund",)
    unread_fields = ("account_encrypted", "holder_encrypted", "card_index")
    row_operations = (ApproveRemedy(), RejectRemedy())

    def panels(self, request: HttpRequest, row: RefundRemedy) -> Sequence[Panel]:
        """Show the refund, where it shall go, and who decided."""
        said = ApprovalDecision.objects.filter(request=row.approval_id).order_by("id")
        facts = [
            Fact(_("status"), showing.badge(row.status, row.get_status_display())),
            Fact(_("way"), row.get_kind_display()),
            Fact(_("payer's bank"), showing.code(row.bank)),
            Fact(_("account ends in"), showing.code(row.account_tail)),
            Fact(_("left our account"), showing.row_link(row.bank_account)),
            Fact(_("left on"), showing.day(row.paid_date)),
            Fact(_("bank reference"), showing.code(row.bank_reference)),
            Fact(_("note"), row.note, is_wide=True),
            Fact(_("created at"), showing.instant(row.created_at)),
            Fact(_("sent at"), showing.instant(row.sent_at)),
            Fact(_("approval"), showing.row_link(row.approval)),
        ]
        return [
            Facts(_("other way for a refund"), facts),
            decisions_table(list(said)),
            panels.summary(row.refund),
        ]

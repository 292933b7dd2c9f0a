"""The buttons of money in suspense: ask for a way, agree to it, say no, or take it back."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Cell, Column, Fact, Facts, Panel, Table
from ledger.models import ApprovalRequest
from payments.actions import resolutions
from payments.models import ParkedMoney, Payment
from payments.parked_states import ParkedKind, ParkedStatus, ResolutionWay
from payments.queries.parked import (
    APPROVAL_KIND,
    can_be_accepted,
    latest_resolution,
    moved_minor,
    open_resolution,
    other_of_link,
    resolution_payload,
)
from payments.states import PaymentStatus

_WORDS: Mapping[str, Words] = {
    "parked": gettext_lazy("money in suspense"),
    "payment": gettext_lazy("payment"),
    "merchant_order_no": gettext_lazy("merchant's order number"),
    "came_as": gettext_lazy("how it came"),
    "payment_status": gettext_lazy("status of the payment"),
    "way": gettext_lazy("what becomes of it"),
    "currency": gettext_lazy("currency"),
    "amount_minor": gettext_lazy("amount"),
    "suspense_before_minor": gettext_lazy("in suspense before"),
    "suspense_after_minor": gettext_lazy("in suspense after"),
    "goes_to": gettext_lazy("who gets it"),
    "link_paid_by": gettext_lazy("its link was paid by"),
    "reason": gettext_lazy("reason"),
}


def summary(row: ParkedMoney) -> Facts:
    """Show what came, of which payment, and where it stands."""
    facts = [
        Fact(_("status"), showing.badge(row.status, row.get_status_display())),
        Fact(_("how it came"), row.get_kind_display()),
        Fact(
            _("amount"),
            showing.money(row.amount_minor, row.currency, url=showing.row_url(row.entry)),
        ),
        Fact(_("payment"), showing.row_link(row.payment)),
        Fact(
            _("asked for"),
            showing.money(row.payment.amount_minor, row.payment.currency),
        ),
        Fact(
            _("status of the payment"),
            showing.badge(row.payment.status, row.payment.get_status_display()),
        ),
        Fact(_("payment attempt"), showing.row_link(row.attempt)),
        Fact(_("came at"), showing.instant(row.came_at)),
        Fact(_("id"), showing.code(row.pk)),
    ]
    other = other_of_link(row.payment) if row.status == ParkedStatus.WAITING else None
    if other is not None:
        state = showing.badge(other.status, other.get_status_display())
        facts.insert(-1, Fact(_("its link may be paid once; other payment"), _beside(other, state)))
    if row.accepted_minor:
        taken = showing.money(row.accepted_minor, row.currency)
        facts.insert(3, Fact(_("taken as the payment"), taken))
    if row.approval is not None:
        facts.append(Fact(_("approval"), showing.row_link(row.approval)))
    return Facts(_("money in suspense"), facts)


def _beside(other: Payment, state: SafeString) -> SafeString:
    return format_html("{} {}", showing.row_link(other), state)


def effect(row: ParkedMoney, way: ResolutionWay) -> Table:
    """Show who gets what by one way, and what is in suspense before and after."""
    currency = row.currency
    moved = moved_minor(row, way)
    if way == ResolutionWay.ACCEPT:
        shares = row.payment.allocations.select_related("merchant").order_by("place")
        rows: list[list[SafeString | str]] = [
            [
                showing.row_link(share.merchant),
                showing.money(share.amount_minor, currency),
                showing.money(share.fee_minor, currency),
                showing.money(share.amount_minor - share.fee_minor, currency),
            ]
            for share in shares
        ]
        if row.payment.unallocated_minor:
            left = showing.money(row.payment.unallocated_minor, currency)
            rows.append([_("belongs to no merchant"), left, "", left])
    else:
        amount = showing.money(moved, currency)
        rows = [[_("the payer, by a refund at the channel"), amount, "", amount]]
    standing = _("In suspense before: %(before)s. After: %(after)s.") % {
        "before": showing.money(row.left_minor, currency),
        "after": showing.money(row.left_minor - moved, currency),
    }
    return Table(
        _("what will happen to the money"),
        [
            Column(_("who gets it")),
            Column(_("gross"), is_amount=True),
            Column(_("fee"), is_amount=True),
            Column(_("net"), is_amount=True),
        ],
        rows,
        empty=_("Nothing of this payment belongs to a merchant."),
        note=standing,
    )


class _Ask(Operation[ParkedMoney]):
    """Ask another person to agree to one way."""

    way: ClassVar[ResolutionWay]
    permission = "payments.request_parked"
    deed = "payment_resolution.request"
    form_class = ReasonForm

    def is_offered(self, row: ParkedMoney) -> bool:
        """Offer it while the money waits; who was asked already, the action says."""
        return row.status == ParkedStatus.WAITING

    def panels(self, request: HttpRequest, row: ParkedMoney) -> Sequence[Panel]:
        """Show the money, and what will happen to it."""
        return [summary(row), effect(row, self.way)]

    def perform(
        self, request: DoorRequest, row: ParkedMoney, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask for it."""
        resolutions.request_resolution(
            row.pk,
            way=self.way,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to approve it; no money has moved.")


class AskAccept(_Ask):
    """Ask that it is taken as its payment."""

    way = ResolutionWay.ACCEPT
    name = "ask-accept"
    label = gettext_lazy("Take as paid")
    explanation = gettext_lazy(
        "Another person has to agree. Then the payment is paid: its merchants get their shares less"
        " fees, and what came beyond its amount stays in suspense."
    )
    icon = "done_all"

    def is_offered(self, row: ParkedMoney) -> bool:
        """Offer it for money that pays its payment."""
        return can_be_accepted(row) and super().is_offered(row)


class AskRefund(_Ask):
    """Ask that it goes back to the payer."""

    way = ResolutionWay.REFUND
    name = "ask-refund"
    label = gettext_lazy("Give back to the payer")
    explanation = gettext_lazy(
        "Another person has to agree. Then the channel is ordered to give all of it back, out of"
        " suspense; no merchant's money moves."
    )
    icon = "undo"


class _Decision(panel.Decision[ParkedMoney]):
    """What another person says of a way."""

    permission = "payments.approve_parked"
    payload_words = _WORDS

    def request_of(self, row: ParkedMoney) -> ApprovalRequest | None:
        """Return the newest request about the money."""
        return latest_resolution(row.pk)

    def payload_of(self, row: ParkedMoney) -> Mapping[str, Any]:
        """Read what is agreed to from the live rows."""
        waiting = self.request_of(row)
        assert waiting is not None, "the page of a decision is about a request"
        way = ResolutionWay(waiting.payload["way"])
        return resolution_payload(row, way, reason=str(waiting.payload["reason"]))

    def summary(self, request: HttpRequest, row: ParkedMoney) -> Sequence[Panel]:
        """Show the money, and what will happen to it."""
        waiting = self.request_of(row)
        if waiting is None or row.status != ParkedStatus.WAITING:
            return [summary(row)]
        return [summary(row), effect(row, ResolutionWay(waiting.payload["way"]))]

    def payload_cell(self, name: str, value: object) -> Cell | None:
        """Name ways and states as people do."""
        if name == "way":
            return str(ResolutionWay(str(value)).label)
        if name == "came_as":
            return str(ParkedKind(str(value)).label)
        if name == "payment_status":
            return str(PaymentStatus(str(value)).label)
        return _("the payer") if name == "goes_to" and value == "payer" else None


class Approve(_Decision, panel.Approve[ParkedMoney]):
    """Agree to a way, which carries it out."""

    kind = APPROVAL_KIND
    kind_words = gettext_lazy("money in suspense")
    name = "approve"
    label = gettext_lazy("Approve what becomes of it")
    explanation = gettext_lazy(
        "You agree to exactly this. The last agreement that is needed carries it out at once."
    )
    deed = "payment_resolution.approve"
    done = gettext_lazy("Approved and carried out.")

    def decide(
        self, row: ParkedMoney, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        resolutions.approve_resolution(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class Reject(_Decision, panel.Reject[ParkedMoney]):
    """Say no to a way."""

    name = "reject"
    label = gettext_lazy("Reject what was asked")
    explanation = gettext_lazy("The money stays in suspense. Another way can be asked for.")
    deed = "payment_resolution.reject"
    done = gettext_lazy("Rejected. No money moved.")

    def decide(
        self, row: ParkedMoney, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        resolutions.reject_resolution(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


class Withdraw(Operation[ParkedMoney]):
    """Take back what was asked."""

    name = "withdraw"
    label = gettext_lazy("Withdraw the request")
    explanation = gettext_lazy("The request ends, and the money stays in suspense.")
    permission = "payments.request_parked"
    deed = "payment_resolution.withdraw"
    icon = "cancel"
    form_class = ReasonForm

    def is_offered(self, row: ParkedMoney) -> bool:
        """Offer it while somebody waits for an answer."""
        return open_resolution(row.pk) is not None

    def perform(
        self, request: DoorRequest, row: ParkedMoney, form: forms.Form, asking: Asking
    ) -> Words:
        """Take it back."""
        resolutions.withdraw_resolution(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Withdrawn. The money stays in suspense.")

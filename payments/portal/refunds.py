"""The merchant's refunds: what goes back of their own share, and asking for it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ledger.actions.audit import record_refusal
from ledger.errors import AmountError, DomainError
from ledger.identifiers import is_id, new_id
from ledger.money import from_decimal_text, to_decimal_text
from payments.actions import refunds as actions
from payments.actions.refunds import RefundRequest
from payments.errors import RefundNumberTakenError, RefundTooLargeError
from payments.forms import AmountTextField, PlainField, RecordsForm
from payments.models import PaymentAllocation, Refund
from payments.portal import explanations
from payments.portal.access import Member, PortalRequest, membership_required
from payments.portal.payments import refund_row, share_of
from payments.queries import records
from payments.queries.merchant_shares import totals_of_refund_share
from payments.queries.refundable import LeftOfShare, refundable_of
from payments.states import RefundStatus

PAGE_SIZE = 30
REASON_LENGTH_MAX = 80
NUMBER = r"\Arfn_[0-9a-z]{10,40}\Z"
"""The number that we give to a refund which is asked for here: sent twice, it refunds once."""


class RefundForm(forms.Form):
    """How much of the merchant's own share goes back, and why."""

    use_required_attribute = False

    amount = AmountTextField(label=gettext_lazy("Amount"))
    reason = PlainField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH_MAX,
        help_text=gettext_lazy("The channel shows it to the payer."),
    )
    number = forms.RegexField(NUMBER, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, str] | None, *, currency: str, left_minor: int) -> None:
        """Offer all that is left."""
        self.currency, self.left_minor = currency, left_minor
        offered = {"amount": to_decimal_text(left_minor, currency), "number": new_id("rfn")}
        super().__init__(data, initial=offered, label_suffix="")

    def clean_amount(self) -> int:
        """Return minor units. Raises ValidationError for what cannot be refunded."""
        try:
            minor = from_decimal_text(self.cleaned_data["amount"], self.currency)
        except AmountError:
            minor = 0
        if minor <= 0:
            raise ValidationError(AmountTextField.default_error_messages["invalid"])
        if minor > self.left_minor:
            left = f"{to_decimal_text(self.left_minor, self.currency)} {self.currency}"
            raise ValidationError(_("At most %(left)s is left of it.") % {"left": left})
        return minor


@require_safe
@membership_required
def refunds(request: PortalRequest, member: Member) -> HttpResponse:
    """List the merchant's share of each refund that is looked for, newest first."""
    before = request.GET.get("before")
    if before is not None and not is_id("ral", before):
        raise Http404
    form = RecordsForm(
        request.GET,
        statuses=RefundStatus.choices,
        currencies=records.currencies_of_merchant(member.merchant),
    )
    shown: dict[str, Any] = {"rows": [], "before": None}
    if form.is_valid():
        page = records.merchants_refunds(
            member.merchant.pk, sought=form.sought(), before=before, limit=PAGE_SIZE
        )
        shown = {"rows": [refund_row(part) for part in page.rows], "before": page.before}
    return render(
        request,
        "portal/refunds/list.html",
        {"member": member, "form": form, "is_first": before is None, **shown},
    )


@require_safe
@membership_required
def refund(request: PortalRequest, member: Member, refund_id: str) -> HttpResponse:
    """Show one refund: where it stands, what became of the money, and its numbers."""
    part = None
    if is_id("ref", refund_id):
        part = records.refund_share_of(member.merchant.pk, refund_id=refund_id)
    if part is None:
        raise Http404
    return render(
        request,
        "portal/refunds/detail.html",
        {
            "member": member,
            **refund_row(part),
            "totals": totals_of_refund_share(part),
            "why": explanations.of_refund(part.refund),
            "net_minor": part.amount_minor - part.fee_returned_minor,
            "is_mine": part.refund.merchant_id == member.merchant.pk,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@membership_required
def ask(request: PortalRequest, member: Member, payment_id: str) -> HttpResponse:
    """Show what can go back of a payment, and ask for it.

    Raises PermissionDenied for a viewer.
    """
    if member.role not in explanations.MAY_REFUND:
        raise PermissionDenied
    share = share_of(member, payment_id)
    left = _left_of(share)
    data = request.POST if request.method == "POST" else None
    form = RefundForm(data, currency=share.payment.currency, left_minor=left.left_minor)
    refusal = ""
    # Who sent it twice is led to the first one, also when nothing is left any more.
    first = _asked_already(member, form) if data is not None else None
    if first is None and data is not None and form.is_valid():
        try:
            first = _start(request, member, share, form)
        except DomainError as error:
            _note_refusal(request, member, share, error)
            left = _left_of(share)
            refusal = _explained(error, left=left, currency=share.payment.currency)
        else:
            messages.success(request, str(explanations.of_refund(first)))
    if first is not None:
        return HttpResponseRedirect(reverse("portal_refund", args=[first.pk]))
    return render(
        request,
        "portal/refunds/ask.html",
        {
            "member": member,
            "payment": share.payment,
            "share": share,
            "left": left,
            "form": form,
            "refusal": refusal,
        },
    )


def _left_of(share: PaymentAllocation) -> LeftOfShare:
    (left,) = refundable_of(share.payment, merchant_id=share.merchant_id).shares
    return left


def _start(
    request: PortalRequest, member: Member, share: PaymentAllocation, form: RefundForm
) -> Refund:
    wanted = RefundRequest(
        payment_id=share.payment_id,
        merchant_refund_no=form.cleaned_data["number"],
        reason=form.cleaned_data["reason"],
        amount_minor=form.cleaned_data["amount"],
        currency=share.payment.currency,
        merchant_id=member.merchant.pk,
    )
    return actions.start_refund(wanted, actor=member.actor, at=request.at)


def _asked_already(member: Member, form: RefundForm) -> Refund | None:
    """Return the refund that was asked for under the number of a form which was sent again."""
    return Refund.objects.filter(
        merchant=member.merchant, merchant_refund_no=str(form.data.get("number", ""))
    ).first()


def _explained(error: DomainError, *, left: LeftOfShare, currency: str) -> str:
    """Say what was refused in words that a merchant reads, and what became of the money."""
    text = str(error)
    if isinstance(error, RefundTooLargeError):
        amount = f"{to_decimal_text(left.left_minor, currency)} {currency}"
        text = _("At most %(left)s is left of it.") % {"left": amount}
    elif isinstance(error, RefundNumberTakenError):
        text = _("This refund was asked for already.")
    return f"{text} {_('No money has moved.')}"


def _note_refusal(
    request: PortalRequest, member: Member, share: PaymentAllocation, error: DomainError
) -> None:
    record_refusal(
        action="refund.create",
        subject=share.payment_id,
        actor=member.actor,
        at=request.at,
        code=error.code,
    )

"""The merchant's payment links: listed, made, shown with a code to scan, cancelled."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ledger.actions.audit import record_refusal
from ledger.errors import AmountError, DomainError
from ledger.identifiers import is_id, new_id
from ledger.money import from_decimal_text
from payments.actions import links as actions
from payments.actions.links import LIFETIME, LinkRequest
from payments.errors import LinkNumberTakenError
from payments.forms import AmountTextField, DayField, PlainField
from payments.models import MemberRole, PaymentLink
from payments.portal import explanations
from payments.portal.access import Member, PortalRequest, membership_required
from payments.qr import qr_svg
from payments.queries.links import (
    LinkState,
    address_of,
    links_with_use,
    merchants_links,
    payments_of_link,
    state_of,
)
from payments.states import PaymentStatus

PAGE_SIZE = 30
PAYMENTS_SHOWN = 10
DESCRIPTION_LENGTH_MAX = 120
NUMBER = r"\Alnk_[0-9a-z]{10,36}\Z"
"""The id that a link made here gets: a form that is sent twice makes one link."""

MAY_MAKE = (MemberRole.OWNER, MemberRole.OPERATOR)
"""Who may make and cancel links; a viewer only looks."""

TONES = {LinkState.OPEN: "wait", LinkState.USED: "good", LinkState.CHECKING: "bad"}
"""How a state looks; what is not named here looks neutral."""


class LinkForm(forms.Form):
    """What a link asks for: an amount in the merchant's currency, for what, how often, until."""

    use_required_attribute = False

    amount = AmountTextField(label=gettext_lazy("Amount"))
    description = PlainField(
        label=gettext_lazy("What for"),
        max_length=DESCRIPTION_LENGTH_MAX,
        help_text=gettext_lazy("Whoever pays reads it."),
    )
    uses = forms.ChoiceField(
        label=gettext_lazy("May be paid"),
        choices=[
            ("once", gettext_lazy("once")),
            ("often", gettext_lazy("as often as people like")),
        ],
    )
    last_day = DayField(label=gettext_lazy("Through"))
    number = forms.RegexField(NUMBER, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, str] | None, *, currency: str, at: datetime) -> None:
        """Offer a week, to its last day in BUSINESS_TIME_ZONE."""
        self.currency = currency
        last_day = (at + LIFETIME).astimezone(_zone()).date()
        offered = {"number": new_id("lnk"), "last_day": last_day, "uses": "once"}
        super().__init__(data, initial=offered, label_suffix="")

    def clean_amount(self) -> int:
        """Return minor units. Raises ValidationError."""
        try:
            minor = from_decimal_text(self.cleaned_data["amount"], self.currency)
        except AmountError:
            minor = 0
        if not 0 < minor <= actions.AMOUNT_MINOR_MAX:
            raise ValidationError(AmountTextField.default_error_messages["invalid"])
        return minor

    def wanted(self, merchant_id: str) -> LinkRequest:
        """Return what a valid form asks for; the last day is included."""
        found = self.cleaned_data
        next_day = found["last_day"] + timedelta(days=1)
        return LinkRequest(
            merchant_id=merchant_id,
            amount_minor=found["amount"],
            currency=self.currency,
            description=found["description"],
            is_single_use=found["uses"] == "once",
            expires_at=datetime.combine(next_day, time.min, tzinfo=_zone()),
            link_id=found["number"],
        )


@require_safe
@membership_required
def links(request: PortalRequest, member: Member) -> HttpResponse:
    """List the merchant's links in one state or all, newest first."""
    before = request.GET.get("before")
    wanted = request.GET.get("state", "")
    if (before is not None and not is_id("lnk", before)) or wanted not in ("", *LinkState):
        raise Http404
    page = merchants_links(
        member.merchant.pk,
        state=LinkState(wanted) if wanted else None,
        at=request.at,
        before=before,
        limit=PAGE_SIZE,
    )
    narrowing = f"state={wanted}&" if wanted else ""
    return render(
        request,
        "portal/links/list.html",
        {
            "member": member,
            "rows": [_row(link, at=request.at) for link in page.links],
            "states": LinkState,
            "wanted": wanted,
            "before": page.before,
            "is_first": before is None,
            "newest": narrowing,
            "older": f"{narrowing}before={page.before}",
            "may_make": member.role in MAY_MAKE,
        },
    )


@require_safe
@membership_required
def link(request: PortalRequest, member: Member, link_id: str) -> HttpResponse:
    """Show one link: its address, its code to scan, and what was paid by it."""
    row = _row(_own(member, link_id), at=request.at)
    address = address_of(row["link"])
    is_open, is_checking = row["state"] == LinkState.OPEN, row["state"] == LinkState.CHECKING
    paid = payments_of_link(link_id, limit=PAYMENTS_SHOWN)
    return render(
        request,
        "portal/links/detail.html",
        {
            "member": member,
            **row,
            "address": address,
            "qr": qr_svg(address) if is_open else "",
            "is_open": is_open,
            "is_checking": is_checking,
            "payments": [
                {
                    "payment": each,
                    "tone": explanations.PAYMENT_TONES.get(PaymentStatus(each.status), ""),
                }
                for each in paid
            ],
            "may_cancel": _is_cancellable(row["link"], at=request.at) and member.role in MAY_MAKE,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@membership_required
def make(request: PortalRequest, member: Member) -> HttpResponse:
    """Make a link. Raises PermissionDenied for a viewer."""
    if member.role not in MAY_MAKE:
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = LinkForm(data, currency=member.merchant.fee_plan.currency, at=request.at)
    refusal = ""
    if data is not None and form.is_valid():
        wanted = form.wanted(member.merchant.pk)
        try:
            actions.make_link(wanted, actor=member.actor, at=request.at)
        except LinkNumberTakenError:
            # The form was sent twice: its link is shown, if it is this merchant's.
            return HttpResponseRedirect(reverse("portal_link", args=[wanted.link_id]))
        except DomainError as error:
            _note_refusal(request, member, error, action="payment_link.create")
            refusal = f"{error} {_('Nothing was made.')}"
        else:
            return HttpResponseRedirect(reverse("portal_link", args=[wanted.link_id]))
    return render(
        request,
        "portal/links/make.html",
        {"member": member, "form": form, "refusal": refusal, "currency": form.currency},
    )


@require_POST
@membership_required
def cancel(request: PortalRequest, member: Member, link_id: str) -> HttpResponse:
    """Cancel a link. Raises PermissionDenied for a viewer."""
    if member.role not in MAY_MAKE:
        raise PermissionDenied
    own = _own(member, link_id)
    try:
        actions.end_link(own.pk, merchant_id=member.merchant.pk, actor=member.actor, at=request.at)
    except DomainError as error:
        _note_refusal(request, member, error, action="payment_link.cancel", subject=own.pk)
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("Cancelled: nobody can begin to pay by it. What was begun before may still be paid."),
        )
    return HttpResponseRedirect(reverse("portal_link", args=[own.pk]))


def _own(member: Member, link_id: str) -> PaymentLink:
    """Return a link of the merchant's. Raises Http404: missing and foreign ones answer alike."""
    found = None
    if is_id("lnk", link_id):
        found = links_with_use().filter(pk=link_id, merchant=member.merchant).first()
    if found is None:
        raise Http404
    return found


def _is_cancellable(link: PaymentLink, *, at: datetime) -> bool:
    """Tell whether somebody may pay by a link, now or once doubtful money has gone back."""
    is_over = link.cancelled_at is not None or link.expires_at <= at
    return not is_over and state_of(link, at=at) != LinkState.USED


def _row(link: PaymentLink, *, at: datetime) -> dict[str, Any]:
    state = state_of(link, at=at)
    return {"link": link, "state": state, "tone": TONES.get(state, "")}


def _note_refusal(
    request: PortalRequest,
    member: Member,
    error: DomainError,
    *,
    action: str,
    subject: str = "",
) -> None:
    record_refusal(
        action=action,
        subject=subject or member.merchant.pk,
        actor=member.actor,
        at=request.at,
        code=error.code,
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(str(settings.BUSINESS_TIME_ZONE))

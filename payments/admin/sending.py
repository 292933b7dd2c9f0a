"""Holds of sending: placed by one, released by two; and how an account's line does."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import approval_panel as panel
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm, Words
from ledger.admin.panels import Fact, Facts, Notice, Panel
from ledger.models import ApprovalRequest
from payments.actions import holds
from payments.models import ChannelAccount, ChannelBreaker, HoldCover, SendingHold
from payments.queries import sending

SubjectT = TypeVar("SubjectT", bound=Model)


class HoldForm(ReasonForm):
    """What is held back, and why."""

    covers = forms.ChoiceField(
        label=gettext_lazy("Hold back"),
        choices=HoldCover.choices,
        help_text=gettext_lazy("Questions to channels go on, whatever is held back."),
    )
    field_order = ("covers", "reason")


class _Place(Operation[SubjectT]):
    """Hold back what is sent."""

    name = "hold"
    label = gettext_lazy("Hold back")
    permission = "payments.place_sendinghold"
    deed = "sending_hold.place"
    icon = "pan_tool"
    variant = "danger"
    form_class = HoldForm

    def account_of(self, row: SubjectT) -> str | None:
        """Return the channel account that is held back, None for all."""
        raise NotImplementedError

    def perform(
        self, request: DoorRequest, row: SubjectT, form: forms.Form, asking: Asking
    ) -> Words:
        """Hold it back."""
        holds.hold_sending(
            HoldCover(form.cleaned_data["covers"]),
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            channel_account_id=self.account_of(row),
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Held back from this moment on. Two people release it.")


class HoldEverywhere(_Place[SendingHold]):
    """Hold back what is sent by any account."""

    explanation = gettext_lazy(
        "From this moment on nothing of this leaves by any channel account or bank file. What is"
        " at a channel stays there, and is asked about. Two people let it go again."
    )

    def account_of(self, row: SendingHold) -> None:
        """Mean all accounts."""


class HoldAccount(_Place[ChannelAccount]):
    """Hold back what is sent by one account."""

    explanation = gettext_lazy(
        "From this moment on nothing of this leaves by this account. What is at the channel stays"
        " there, and is asked about. Two people let it go again."
    )

    def account_of(self, row: ChannelAccount) -> str:
        """Mean the account whose page it is."""
        return row.pk


class AskRelease(Operation[SendingHold]):
    """Ask that a hold ends."""

    name = "ask-release"
    label = gettext_lazy("Ask for release")
    explanation = gettext_lazy("Another person has to agree. Until then nothing leaves.")
    permission = "payments.request_release"
    deed = "sending_hold.ask_release"
    icon = "lock_open"
    variant = "primary"
    form_class = ReasonForm

    def is_offered(self, row: SendingHold) -> bool:
        """Offer it while it stands and nobody has asked."""
        return row.released_at is None and not sending.release_asked(row)

    def panels(self, request: HttpRequest, row: SendingHold) -> Sequence[Panel]:
        """Show what is held back."""
        return [_summary(row)]

    def perform(
        self, request: DoorRequest, row: SendingHold, form: forms.Form, asking: Asking
    ) -> Words:
        """Ask for it."""
        holds.request_release(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("Asked for. Another person has to approve it; until then nothing leaves.")


class _Decision(panel.Decision[SendingHold]):
    """What another person says of a release."""

    permission = "payments.approve_release"
    payload_words: ClassVar[Mapping[str, Words]] = {
        "hold": gettext_lazy("hold of sending"),
        "covers": gettext_lazy("holds back"),
        "channel_account": gettext_lazy("channel account"),
        "reason": gettext_lazy("reason"),
        "placed_by": gettext_lazy("placed by"),
        "why": gettext_lazy("why it may end"),
    }

    def request_of(self, row: SendingHold) -> ApprovalRequest | None:
        """Return the newest request to release it."""
        return row.approval

    def payload_of(self, row: SendingHold) -> Mapping[str, Any]:
        """Return what is agreed to."""
        why = str(row.approval.payload.get("why", "")) if row.approval is not None else ""
        return sending.release_payload(row, why=why)

    def summary(self, request: HttpRequest, row: SendingHold) -> Sequence[Panel]:
        """Show what is held back."""
        return [_summary(row)]


class ApproveRelease(_Decision, panel.Approve[SendingHold]):
    """Agree that a hold ends."""

    kind = holds.APPROVAL_KIND
    kind_words = gettext_lazy("release what is held back")
    name = "approve-release"
    label = gettext_lazy("Approve release")
    explanation = gettext_lazy(
        "You agree that it ends. What waits behind it, and behind no other, leaves within seconds."
    )
    deed = "sending_hold.approve_release"
    done = gettext_lazy("Released. What waited is being sent.")

    def decide(
        self, row: SendingHold, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Approve what was shown."""
        holds.approve_release(
            row.pk, shown_digest=shown_digest, decider=asking.decider, at=asking.at
        )
        return None


class RejectRelease(_Decision, panel.Reject[SendingHold]):
    """Say no to a release."""

    name = "reject-release"
    label = gettext_lazy("Reject release")
    explanation = gettext_lazy("The hold stands. Its release may be asked for again.")
    deed = "sending_hold.reject_release"
    done = gettext_lazy("Rejected. The hold stands.")

    def decide(
        self, row: SendingHold, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Reject what was shown."""
        holds.reject_release(
            row.pk,
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


@admin.register(SendingHold)
class SendingHoldAdmin(OperationsAdmin[SendingHold]):
    """What is held back, by whom and why, and who let it go."""

    list_display = (
        "id",
        "covers",
        "channel_account",
        "reason",
        "placed_by",
        "placed_at",
        "released_at",
    )
    list_filter = ("covers", ("released_at", admin.EmptyFieldListFilter))
    list_related = ("channel_account",)
    search_fields = ("id__exact", "reason__icontains")
    list_operations = (HoldEverywhere(),)
    row_operations = (AskRelease(), ApproveRelease(), RejectRelease())
    empty_hint = gettext_lazy("Nothing was ever held back.")


def line_panels(row: ChannelAccount) -> list[Panel]:
    """Show what keeps an account from sending at this moment: nothing, if nothing does."""
    held = [
        Notice(
            _("Held back: %(covers)s. %(reason)s")
            % {"covers": hold.get_covers_display(), "reason": hold.reason},
            "alarm",
        )
        for hold in sending.standing_holds(channel_account_id=row.pk)
    ]
    breaker = ChannelBreaker.objects.filter(pk=row.pk).first()
    if breaker is None or breaker.opened_at is None:
        return [*held]
    line = Facts(
        _("the line is dead"),
        [
            Fact(_("open since"), showing.instant(breaker.opened_at)),
            Fact(_("next try at"), showing.instant(breaker.probe_at)),
            Fact(_("tries since"), breaker.pauses),
            Fact(_("last failure"), breaker.reason, is_wide=True),
        ],
        note=_("Orders wait, which is safe; questions go on. The first answer closes it."),
    )
    return [*held, line]


def _summary(row: SendingHold) -> Facts:
    account = showing.row_link(row.channel_account) if row.channel_account else _("all accounts")
    return Facts(
        _("hold of sending"),
        [
            Fact(_("holds back"), row.get_covers_display()),
            Fact(_("channel account"), account),
            Fact(_("placed at"), showing.instant(row.placed_at)),
            Fact(_("reason"), row.reason, is_wide=True),
        ],
    )

"""The buttons that change the keys and the gateway of a channel account, by two people."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.operations import Operation, ReasonForm, Words
from ledger.admin.panels import Column, Panel, Table
from ledger.models import ApprovalRequest
from payments.actions import channel_keys
from payments.actions.channel_keys import KeyEntry
from payments.models import ChannelAccount, ChannelKeySet, ChannelKind
from payments.states import KeySetStatus

_WORDS = {
    "account": gettext_lazy("channel account"),
    "keys": gettext_lazy("key set"),
    "facts": gettext_lazy("fingerprints"),
    "key_serial": gettext_lazy("our key's serial"),
    "channel_key_id": gettext_lazy("channel's key id"),
    "root_cert_serial": gettext_lazy("root certificates' serials"),
    "gateway_url": gettext_lazy("gateway"),
    "gateway_before": gettext_lazy("gateway until now"),
    "ends_at_once": gettext_lazy("former keys end at once"),
}


class WriteOnly(forms.Textarea):
    """Takes a secret, and never shows it again: also not beside a complaint."""

    def format_value(self, value: object) -> str:
        """Show nothing."""
        return ""


class KeysForm(ReasonForm):
    """What is entered, once: it is never shown again. What is empty stays as it is."""

    private_key_pem = forms.CharField(
        label=gettext_lazy("Our private key (PEM)"), required=False, widget=WriteOnly
    )
    key_serial = forms.CharField(
        label=gettext_lazy("Our key's serial"), required=False, max_length=64
    )
    api_key = forms.CharField(
        label=gettext_lazy("APIv3 key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    channel_public_key = forms.CharField(
        label=gettext_lazy("Channel's key or certificates (PEM)"),
        required=False,
        # No secret, but sooner or later somebody pastes our own key here.
        widget=WriteOnly,
    )
    channel_key_id = forms.CharField(
        label=gettext_lazy("Channel's key id"), required=False, max_length=64
    )
    root_cert_serial = forms.CharField(
        label=gettext_lazy("Root certificates' serials"), required=False, max_length=400
    )
    gateway_url = forms.URLField(
        label=gettext_lazy("Gateway"), required=False, max_length=300, assume_scheme="https"
    )
    ends_at_once = forms.BooleanField(
        label=gettext_lazy("Somebody else may hold the former key"),
        help_text=gettext_lazy(
            "Then no former key of this account is believed any more, from the moment the other"
            " person agrees; nothing else need be entered. Genuine messages that the channel still"
            " signs with it are refused: we ask for each outcome anyhow."
        ),
        required=False,
    )
    field_order = (
        "private_key_pem",
        "key_serial",
        "api_key",
        "channel_public_key",
        "channel_key_id",
        "root_cert_serial",
        "gateway_url",
        "ends_at_once",
        "reason",
    )


class EnterKeys(Operation[ChannelAccount]):
    """Enter keys or another gateway."""

    name = "enter-keys"
    label = gettext_lazy("Enter keys")
    explanation = gettext_lazy(
        "What you enter is sealed and never shown again. Nothing changes before another person"
        " agrees; then the former keys verify messages for a day more, unless somebody else may"
        " hold them."
    )
    permission = "payments.enter_keys"
    deed = "channel_account.enter_keys"
    icon = "key"
    asks_second_factor = True
    form_class = KeysForm

    def is_offered(self, row: ChannelAccount) -> bool:
        """Offer it for channels that are spoken to."""
        return row.channel != ChannelKind.BANK

    def perform(
        self, request: DoorRequest, row: ChannelAccount, form: forms.Form, asking: Asking
    ) -> Words:
        """Enter them."""
        entered = dict(form.cleaned_data)
        reason = entered.pop("reason")
        channel_keys.enter_keys(
            row.pk, KeyEntry(**entered), actor=asking.actor, at=asking.at, reason=reason
        )
        return _("Entered. Another person has to agree before anything changes.")


class _Decide(Decision[ChannelAccount]):
    """Decide on what another person entered."""

    permission = "payments.approve_keys"
    payload_words = _WORDS

    def request_of(self, row: ChannelAccount) -> ApprovalRequest | None:
        """Return the request about the keys that wait."""
        keys = _proposed(row)
        return keys.approval if keys is not None else None

    def payload_of(self, row: ChannelAccount) -> Mapping[str, Any]:
        """Return fingerprints and addresses."""
        keys = _proposed(row)
        return channel_keys.keys_payload(keys) if keys is not None else {}


class ApproveKeys(_Decide, Approve[ChannelAccount]):
    """Agree."""

    kind = channel_keys.APPROVAL_KIND
    kind_words = gettext_lazy("change keys or the gateway of a channel account")
    name = "approve-keys"
    label = gettext_lazy("Approve keys")
    explanation = gettext_lazy(
        "Compare the fingerprints and the address with the channel's own pages. The new keys are in"
        " use at once."
    )
    deed = "channel_account.approve_keys"
    done = gettext_lazy("The new keys are in use.")

    def decide(
        self, row: ChannelAccount, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Agree to what was shown."""
        keys = _proposed(row)
        channel_keys.approve_keys(
            keys.pk if keys else "",
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
        )
        return None


class RejectKeys(_Decide, Reject[ChannelAccount]):
    """Say no."""

    name = "reject-keys"
    label = gettext_lazy("Reject keys")
    explanation = gettext_lazy("What was entered is destroyed; the account stays as it is.")
    deed = "channel_account.reject_keys"
    done = gettext_lazy("Refused, and what was entered is destroyed.")

    def decide(
        self, row: ChannelAccount, *, shown_digest: bytes, asking: Asking, reason: str
    ) -> Words | None:
        """Say no to what was shown."""
        keys = _proposed(row)
        channel_keys.reject_keys(
            keys.pk if keys else "",
            shown_digest=shown_digest,
            decider=asking.decider,
            at=asking.at,
            reason=reason,
        )
        return None


KEY_BUTTONS: tuple[Operation[ChannelAccount], ...] = (ApproveKeys(), RejectKeys(), EnterKeys())


def keys_panel(request: HttpRequest, row: ChannelAccount) -> Sequence[Panel]:
    """Show which keys were entered and replaced, by fingerprint and date."""
    rows = ChannelKeySet.objects.filter(channel_account=row).order_by("-entered_at", "-pk")[:20]
    may_see = request.user.has_perm("payments.view_channelkeyset")
    return [
        Table(
            _("keys that were entered"),
            [
                Column(_("key set")),
                Column(_("status")),
                Column(_("entered at")),
                Column(_("verifies until")),
                Column(_("ends former keys at once")),
                Column(_("fingerprints")),
            ],
            [
                [
                    showing.row_link(keys) if may_see else showing.code(keys.pk),
                    showing.badge(keys.status, keys.get_status_display()),
                    showing.instant(keys.entered_at),
                    showing.instant(keys.retires_at),
                    _("yes") if keys.ends_at_once else _("no"),
                    showing.structure(keys.facts),
                ]
                for keys in rows
            ],
            empty=_(
                "None yet. “Enter keys” takes what the channel's merchant pages give; another"
                " person agrees, and they are in use."
            ),
        )
    ]


def _proposed(row: ChannelAccount) -> ChannelKeySet | None:
    """Return the keys that wait for another person."""
    keys = ChannelKeySet.objects.select_related("approval", "channel_account")
    return keys.filter(channel_account=row, status=KeySetStatus.PROPOSED).first()

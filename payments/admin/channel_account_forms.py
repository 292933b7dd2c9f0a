"""What is filled in of a channel account: what it is at its channel, and its terms."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from ledger.admin.operations import ReasonForm
from payments.actions.channel_account_checks import NAME_LENGTH_MAX
from payments.models import ChannelAccount, ChannelKind

Words = str | Promise

_TERMS: Mapping[str, Words] = {
    "name": gettext_lazy("name"),
    "is_enabled": gettext_lazy("switched on"),
    "channel_fee_bps": gettext_lazy("channel's fee"),
    "settles_to_id": gettext_lazy("settles to bank account"),
    "can_transfer": gettext_lazy("pays out from its wallet"),
}
WORDS: Mapping[str, Words] = {
    "account": gettext_lazy("channel account"),
    "channel": gettext_lazy("channel"),
    "merchant_no": gettext_lazy("merchant number"),
    "app_id": gettext_lazy("app id"),
    "currency": gettext_lazy("currency"),
    "gateway_url": gettext_lazy("gateway"),
    **_TERMS,
    **{
        f"was_{name}": format_lazy("{words} ({then})", words=words, then=gettext_lazy("until now"))
        for name, words in _TERMS.items()
    },
}
"""What people call the parts of a request about terms."""


def _fee() -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("Channel's fee, basis points"),
        min_value=0,
        max_value=10_000,
        initial=0,
        help_text=gettext_lazy("What the contract says; 60 are 0.60 %."),
    )


def _settles_to() -> forms.Field:
    return forms.ModelChoiceField(
        label=gettext_lazy("Settles to"),
        queryset=ChannelAccount.objects.filter(channel=ChannelKind.BANK).order_by("name"),
        required=False,
        help_text=gettext_lazy(
            "Our bank account of the same currency; register that one first, without it."
        ),
    )


class RegisterForm(ReasonForm):
    """What the channel knows the account by, and its first terms. No keys."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=ChannelKind.choices)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    currency = forms.CharField(
        label=gettext_lazy("Currency"), min_length=3, max_length=3, initial="CNY"
    )
    merchant_no = forms.CharField(
        label=gettext_lazy("Merchant number"),
        max_length=64,
        help_text=gettext_lazy(
            "Alipay: the seller id (2088…); WeChat Pay: mchid; UnionPay: merId; bank: our account"
            " number. It never changes."
        ),
    )
    app_id = forms.CharField(
        label=gettext_lazy("App id"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Alipay and WeChat Pay only. It never changes."),
    )
    agent_code = forms.CharField(
        label=gettext_lazy("Bank code"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Banks only: the twelve digits of the branch (CNAPS)."),
    )
    gateway_url = forms.URLField(
        label=gettext_lazy("Gateway"),
        max_length=300,
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Where orders go; none for a bank."),
    )
    channel_fee_bps = _fee()
    settles_to = _settles_to()
    field_order = (
        "channel",
        "name",
        "currency",
        "merchant_no",
        "app_id",
        "agent_code",
        "gateway_url",
        "channel_fee_bps",
        "settles_to",
        "reason",
    )

    def clean_currency(self) -> str:
        """Write it as currencies are written."""
        return str(self.cleaned_data["currency"]).upper()


class AccountTermsForm(ReasonForm):
    """The terms that another person is asked to agree to."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH_MAX)
    is_enabled = forms.BooleanField(
        label=gettext_lazy("Switched on"),
        required=False,
        help_text=gettext_lazy("Only with keys that are in use and fit the channel."),
    )
    channel_fee_bps = _fee()
    settles_to = _settles_to()
    can_transfer = forms.BooleanField(
        label=gettext_lazy("Pays out from its wallet"),
        required=False,
        help_text=gettext_lazy("At Alipay only with certificates."),
    )
    field_order = ("name", "is_enabled", "channel_fee_bps", "settles_to", "can_transfer", "reason")

    def __init__(self, data: Mapping[str, Any] | None, *, account: ChannelAccount) -> None:
        """Begin with the terms as they are."""
        names = ("name", "is_enabled", "channel_fee_bps", "settles_to", "can_transfer")
        super().__init__(data, initial={name: getattr(account, name) for name in names})

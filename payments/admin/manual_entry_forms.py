"""What people fill in who ask for a booking by hand: how much of which money, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.actions.approvals import digest_of
from ledger.errors import AmountError
from ledger.money import from_decimal_text
from payments.forms import AmountTextField, PlainField
from payments.models import REASONS, ManualEntry, ManualEntryKind, MerchantAccount

SEEN = "seen"
"""The name under which a page sends back for what it showed the booking."""


class ByHandForm(forms.Form):
    """How much of which money, and why."""

    account = forms.ChoiceField(label=gettext_lazy("Currency"))
    amount = AmountTextField(label=gettext_lazy("Amount"))
    reason_code = forms.ChoiceField(label=gettext_lazy("Reason"))
    note = PlainField(
        label=gettext_lazy("Note"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What happened, for the person who agrees and for auditors."),
    )
    refers_to = PlainField(
        label=gettext_lazy("Refers to"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("The payment, settlement or case that it is about, if any."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        kind: ManualEntryKind,
        accounts: Sequence[MerchantAccount],
    ) -> None:
        """Offer the merchant's currencies and the reasons of this kind."""
        super().__init__(data)
        self.kind = kind
        self.accounts = {account.currency: account for account in accounts}
        currencies = [(currency, currency) for currency in self.accounts]
        self.fields["account"].choices = currencies  # type: ignore[attr-defined]
        reasons = [(reason.value, reason.label) for reason in REASONS[kind]]
        self.fields["reason_code"].choices = reasons  # type: ignore[attr-defined]
        self.planned: ManualEntry | None = None

    @property
    def digest(self) -> str:
        """Return what tells one filled-in form from another one."""
        return digest_of({name: str(value) for name, value in self.cleaned_data.items()}).hex()

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency, and have the booking looked at before it is asked."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            minor = from_decimal_text(cleaned["amount"], cleaned["account"])
        except AmountError:
            minor = 0
        if minor <= 0:
            self.add_error("amount", _("Write an amount such as 12.34."))
            return cleaned
        self.planned = ManualEntry(
            kind=self.kind,
            merchant_account=self.accounts[cleaned["account"]],
            amount_minor=minor,
            currency=cleaned["account"],
        )
        if self.data.get(SEEN) != self.digest:
            raise ValidationError(
                _("Nothing has been asked for yet. Look at the booking, and press once more."),
                code="not_seen",
            )
        return cleaned

"""What the portal lets people type, and what it says when it makes no sense."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from risk.pin_forms import PinField
from settlements.queries.requests import Quote

PERIOD_DAYS_MAX = 400
"""A year, and enough more to compare its ends."""

FIRST_DATE = date(2000, 1, 1)
LAST_DATE = date(2999, 12, 31)


class DayField(forms.DateField):
    """A day as browsers send it and accountants write it: 2026-03-31, nothing else."""

    input_formats = ("%Y-%m-%d",)
    default_validators = [MinValueValidator(FIRST_DATE), MaxValueValidator(LAST_DATE)]
    default_error_messages = {
        "invalid": _("This is not a day. Write it as year, month and day: 2026-03-31."),
        "required": _("Choose a day."),
    }
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StatementForm(forms.Form):
    """A period of business days (BUSINESS_TIME_ZONE), both ends included, and a currency."""

    use_required_attribute = False

    from_date = DayField(label=_("From"))
    to_date = DayField(label=_("Through"))

    def __init__(self, query: Mapping[str, str], *, currencies: Sequence[str]) -> None:
        """Offer the currencies that the merchant has money in."""
        super().__init__(query, label_suffix="")
        self.first_currency = currencies[0]
        self.fields["currency"] = forms.ChoiceField(
            label=_("Currency"),
            choices=[(code, code) for code in currencies],
            error_messages={"invalid_choice": _("You have no money in this currency.")},
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or is too long to read."""
        cleaned: dict[str, Any] = super().clean() or {}
        from_date, to_date = cleaned.get("from_date"), cleaned.get("to_date")
        if from_date and to_date and from_date > to_date:
            raise ValidationError(
                _("The period ends before it begins. Exchange the two days."), code="backwards"
            )
        if from_date and to_date and (to_date - from_date).days >= PERIOD_DAYS_MAX:
            raise ValidationError(
                _("A statement covers at most %(days)s days. Choose a shorter period."),
                code="too_long",
                params={"days": PERIOD_DAYS_MAX},
            )
        return cleaned


class RequestForm(forms.Form):
    """What was offered, sent back as it was shown, and the settlement password."""

    use_required_attribute = False

    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)
    amount = forms.IntegerField(min_value=1, max_value=10**15, widget=forms.HiddenInput)
    destination = forms.CharField(max_length=40, widget=forms.HiddenInput)
    number = forms.RegexField(r"\Aown_[0-9a-z]{10,40}\Z", widget=forms.HiddenInput)
    pin = PinField(label=_("Settlement password, six digits"))

    @classmethod
    def for_offer(cls, offer: Quote, *, number: str) -> "RequestForm":
        """Make the form that takes exactly this offer, once: `number` is ours for the merchant."""
        return cls(
            initial={
                "currency": offer.currency,
                "amount": offer.net_minor,
                "destination": offer.destination.pk if offer.destination else "",
                "number": number,
            },
            label_suffix="",
            auto_id=f"id_{offer.currency}_%s",
        )

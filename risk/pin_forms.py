"""What people type digits into, at the checkout and in the portal alike."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from risk.pins import PIN_LENGTH


class PinField(forms.CharField):
    """Six digits, typed unseen, and never sent back to the page."""

    default_validators = [RegexValidator(r"\A[0-9]{6}\Z", _("Type six digits."))]
    default_error_messages = {"required": _("Type six digits.")}
    widget = forms.PasswordInput(
        attrs={
            "autocomplete": "off",
            "inputmode": "numeric",
            "maxlength": PIN_LENGTH,
            "class": "pin",
        }
    )

    def __init__(self, **more: Any) -> None:
        """Keep what was typed as it was typed: a blank is no digit."""
        super().__init__(strip=False, **more)


class PinForm(forms.Form):
    """The digits that are known, for one deed."""

    use_required_attribute = False

    pin = PinField(label=_("Payment password, six digits"))


class NewPinForm(forms.Form):
    """New digits, twice, because nobody sees what is typed."""

    use_required_attribute = False

    new_pin = PinField(label=_("New password, six digits"))
    again = PinField(label=_("The same once more"))

    def clean(self) -> dict[str, Any]:
        """Refuse two that differ."""
        cleaned: dict[str, Any] = super().clean() or {}
        new_pin, again = cleaned.get("new_pin"), cleaned.get("again")
        if new_pin and again and new_pin != again:
            raise ValidationError(_("The two are not the same. Type both again."), code="differ")
        return cleaned

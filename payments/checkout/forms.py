"""What a payer can send from the checkout page."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.models import PaymentMethod


class MethodForm(forms.Form):
    """The method that the payer chose, of those that are offered."""

    method = forms.ChoiceField(error_messages={"required": _("Choose how you want to pay.")})

    def __init__(self, *args: object, offered: Sequence[PaymentMethod], **kwargs: object) -> None:
        """Take the methods that are offered for the payment's currency."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(method.value, method.label) for method in offered]

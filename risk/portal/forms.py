"""What the portal asks for when digits are changed."""

from django.utils.translation import gettext_lazy as _

from risk.pin_forms import NewPinForm, PinField


class ChangePinForm(NewPinForm):
    """The old digits besides."""

    field_order = ("old_pin", "new_pin", "again")

    old_pin = PinField(label=_("Present password"))

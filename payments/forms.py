"""What people type who look through payments and refunds, in the portal and at the checkout."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from ledger.errors import AmountError
from ledger.money import from_decimal_text
from payments import text
from payments.models import PaymentMethod
from payments.queries.records import Sought
from payments.queries.references import REFERENCE_LENGTH_MAX

AMOUNT_LENGTH_MAX = 20
FIRST_DATE = date(2000, 1, 1)
LAST_DATE = date(2999, 12, 31)


class AmountTextField(forms.CharField):
    """An amount as people write it, `12.34`; how many minor units it is its currency says."""

    default_error_messages = {"invalid": _("Write an amount such as 12.34.")}

    def __init__(self, **kwargs: Any) -> None:
        """Take as many letters as the largest amount has."""
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=AMOUNT_LENGTH_MAX, widget=widget, **kwargs)


class PlainField(forms.CharField):
    """One line of text that others read, without hidden letters and card numbers."""

    default_error_messages = {
        "not_plain": _("Control and invisible characters are not taken."),
        "card_number": _("Card numbers are not taken here."),
    }

    def to_python(self, value: object) -> str:
        """Return the text. Raises ValidationError."""
        # Looked at before blanks are cut off its ends: some controls count as blanks.
        if not text.is_plain(str(value or "")):
            raise ValidationError(self.error_messages["not_plain"], code="not_plain")
        if text.holds_card_number(str(value or "")):
            raise ValidationError(self.error_messages["card_number"], code="card_number")
        return str(super().to_python(value))


class DayField(forms.DateField):
    """A day as browsers send it: 2026-03-31, nothing else."""

    input_formats = ("%Y-%m-%d",)
    default_validators = [MinValueValidator(FIRST_DATE), MaxValueValidator(LAST_DATE)]
    default_error_messages = {
        "invalid": _("This is not a day. Write it as year, month and day: 2026-03-31."),
    }
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RecordsForm(forms.Form):
    """What to look for in a list: state, method, amounts, days (BUSINESS_TIME_ZONE), any number.

    Both ends of amounts and days are included. Amounts are of the chosen currency, or of the only
    one that there is.
    """

    use_required_attribute = False

    def __init__(
        self,
        query: Mapping[str, str],
        *,
        statuses: Iterable[tuple[str, Any]],
        currencies: Sequence[str],
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Offer the states of what is listed, and the currencies that the reader has.

        With `groups` the states offered are names of several.
        """
        super().__init__(query, label_suffix="")
        self.currencies = currencies
        self.groups = groups or {}
        anything = [("", _("all"))]
        self.fields = {
            "reference": forms.CharField(
                label=_("Any number"), required=False, max_length=REFERENCE_LENGTH_MAX
            ),
            "status": forms.ChoiceField(
                label=_("Status"), required=False, choices=[*anything, *statuses]
            ),
            "method": forms.ChoiceField(
                label=_("Method"), required=False, choices=[*anything, *PaymentMethod.choices]
            ),
            "from_amount": AmountTextField(label=_("Amount from"), required=False),
            "to_amount": AmountTextField(label=_("Amount to"), required=False),
            "from_date": DayField(label=_("From"), required=False),
            "to_date": DayField(label=_("Through"), required=False),
        }
        if len(currencies) > 1:
            self.fields["currency"] = forms.ChoiceField(
                label=_("Currency"),
                required=False,
                choices=[*anything, *((code, code) for code in currencies)],
            )

    @property
    def is_narrowing(self) -> bool:
        """Tell whether anything is looked for at all."""
        return any(self.data.get(name) for name in self.fields)

    @property
    def query(self) -> str:
        """Return what was typed, as the pages that follow carry it on."""
        return urlencode({name: text for name in self.fields if (text := self.data.get(name))})

    def clean(self) -> dict[str, Any]:
        """Read the amounts in their currency, and refuse ranges that are turned round."""
        cleaned: dict[str, Any] = super().clean() or {}
        for low, high in (("from_amount", "to_amount"), ("from_date", "to_date")):
            if low.endswith("_amount"):
                for name in (low, high):
                    cleaned[name] = self._amount(cleaned, name)
            first, last = cleaned.get(low), cleaned.get(high)
            if first is not None and last is not None and first > last:
                self.add_error(high, _("The range ends before it begins."))
        return cleaned

    def sought(self) -> Sought:
        """Return what a valid form looks for."""
        found = self.cleaned_data
        status = found["status"]
        return Sought(
            statuses=self.groups.get(status, [status]) if status else (),
            method=found["method"],
            currency=self._currency(found) if self._names_money(found) else "",
            amount_from_minor=found["from_amount"],
            amount_to_minor=found["to_amount"],
            from_at=_starts(found["from_date"]),
            before_at=_starts(found["to_date"], later=timedelta(days=1)),
            reference=found["reference"],
        )

    def _amount(self, cleaned: Mapping[str, Any], name: str) -> int | None:
        text = cleaned.get(name)
        if not text:
            return None
        currency = self._currency(cleaned)
        if not currency:
            self.add_error(name, _("Choose the currency of the amount."))
            return None
        try:
            return from_decimal_text(text, currency)
        except AmountError:
            self.add_error(name, ValidationError(AmountTextField.default_error_messages["invalid"]))
            return None

    def _currency(self, cleaned: Mapping[str, Any]) -> str:
        if len(self.currencies) == 1:
            return self.currencies[0]
        return str(cleaned.get("currency") or "")

    def _names_money(self, found: Mapping[str, Any]) -> bool:
        amounts = (found["from_amount"], found["to_amount"])
        return bool(found.get("currency")) or any(minor is not None for minor in amounts)


def _starts(day: date | None, *, later: timedelta = timedelta(0)) -> datetime | None:
    """Return the instant at which a day begins in BUSINESS_TIME_ZONE."""
    if day is None:
        return None
    zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
    return datetime.combine(day + later, time.min, tzinfo=zone)

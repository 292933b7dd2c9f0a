"""What a report is asked for: days, numbers of the chart, currencies. Nothing is written by it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ledger import chart
from ledger.admin.kinds import named_kinds
from ledger.models.accounts import Side
from ledger.queries.reports import DayRange

BEGINNING = date(1, 1, 1)
"""The first day when none is named: before every entry there is."""


class DayField(forms.DateField):
    """A day as `2026-03-05`, in whatever language the page is."""

    def __init__(self, **terms: Any) -> None:
        """Read and write ISO days, as the browser's own picker does."""
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **terms)


class RangeForm(forms.Form):
    """Business days (BUSINESS_TIME_ZONE), both included; without a first day from the beginning."""

    use_required_attribute = False

    first = DayField(label=_("From"), required=False)
    last = DayField(label=_("Through"))

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            raise ValidationError(
                _("The period ends before it begins. Exchange the two days."), code="backwards"
            )
        return cleaned

    @property
    def days(self) -> DayRange:
        """Return the days that were asked for, once the form is valid."""
        return DayRange(self.cleaned_data["first"] or BEGINNING, self.cleaned_data["last"])


def _codes() -> list[tuple[str, str]]:
    return [(code, f"{code} {account.name}") for code, account in chart.CHART.items()]


class LedgerForm(RangeForm):
    """A number of the chart, or all of them, over a range; `currency` belongs to a number."""

    code = forms.ChoiceField(label=_("Account"), required=False)
    currency = forms.CharField(max_length=3, required=False, widget=forms.HiddenInput)

    field_order = ("code", "first", "last", "currency")

    def __init__(self, query: Mapping[str, str]) -> None:
        """Offer the chart."""
        super().__init__(query, label_suffix="")
        field: Any = self.fields["code"]
        field.choices = [("", _("all accounts")), *_codes()]


class StatementForm(RangeForm):
    """A range of one account's statement, and a day to jump to in it."""

    day = DayField(label=_("Jump to"), required=False)


class JournalForm(RangeForm):
    """Which postings: of what kind of entry, of which cause, on which accounts and side."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    code = forms.ChoiceField(label=_("Account"), required=False)
    side = forms.ChoiceField(label=_("Side"), required=False)
    currency = forms.CharField(label=_("Currency"), max_length=3, required=False)
    q = forms.CharField(label=_("Cause or source"), max_length=200, required=False)

    def __init__(self, query: Mapping[str, str]) -> None:
        """Offer the kinds that have a name, the chart and the two sides."""
        super().__init__(query, label_suffix="")
        choices: dict[str, Sequence[tuple[str, Any]]] = {
            "kind": [("", _("all kinds")), *_with(named_kinds(), query.get("kind", ""))],
            "code": [("", _("all accounts")), *_codes(), *_several(query.get("code", ""))],
            "side": [("", _("both sides")), *Side.choices],
        }
        for name, offered in choices.items():
            field: Any = self.fields[name]
            field.choices = offered


def _several(asked: str) -> list[tuple[str, str]]:
    """Offer several numbers as one choice if they were asked for so: `4001,4002`."""
    codes = asked.split(",")
    return [(asked, asked)] if codes[1:] and all(code in chart.CHART for code in codes) else []


def _with(kinds: dict[str, str], asked: str) -> list[tuple[str, str]]:
    """Offer what was asked for as well, whoever named it: an old kind may have lost its name."""
    if asked and asked not in kinds:
        kinds = {**kinds, asked: asked}
    return sorted(kinds.items(), key=lambda kind: kind[1])

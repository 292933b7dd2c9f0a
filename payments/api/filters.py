"""The query parameters of lists: known ones only, each once."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.drainage import set_override

from ledger.currencies import EXPONENTS
from payments.api.principal import Principal
from payments.api.serializers import AMOUNT_MINOR_MAX, YEARS, instant
from payments.models import LineKind, Payer, PaymentMethod
from payments.queries.references import (
    REFERENCE_LENGTH_MAX,
    payments_known_as,
    refunds_known_as,
)
from payments.states import PaymentStatus, RefundStatus

PAGE_PARAMETERS = frozenset({"limit", "cursor"})
SPAN_MAX = timedelta(days=92)

_WHOLE = re.compile(r"-?[0-9]{1,14}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class InstantFormField(forms.CharField):
    """An instant of RFC 3339 with its offset."""

    def clean(self, value: Any) -> datetime | None:
        """Return the instant. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        found = instant(text)
        if found is None:
            raise ValidationError(_("An instant such as 2026-11-22T09:00:00Z is needed."))
        return found


class DayFormField(forms.CharField):
    """A day such as 2026-11-22."""

    def clean(self, value: Any) -> date | None:
        """Return the day. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        found = _day(text) if _DAY.fullmatch(text) else None
        if found is None or found.year not in YEARS:
            raise ValidationError(_("A day such as 2026-11-22 is needed."))
        return found


class WholeFormField(forms.CharField):
    """A whole number of minor units in ASCII digits."""

    def clean(self, value: Any) -> int | None:
        """Return the number. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        if not _WHOLE.fullmatch(text) or abs(int(text)) > AMOUNT_MINOR_MAX:
            raise ValidationError(_("A whole number of minor units is needed."))
        return int(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class CurrencyFormField(forms.CharField):
    """A currency of ISO 4217 in upper case."""

    def clean(self, value: Any) -> str:
        """Return the code. Raises ValidationError."""
        text = str(super().clean(value))
        if text and text not in EXPONENTS:
            raise ValidationError(_("This is no currency of ISO 4217 in upper case."))
        return text


class ComparisonFilter(django_filters.Filter):
    """Compare a column with what a form field of ours reads; `schema` describes it to readers."""

    def __init__(
        self,
        field_name: str,
        lookup_expr: str,
        *,
        reads: type[forms.Field],
        schema: Mapping[str, Any],
    ) -> None:
        """Take the column, the comparison, the form field and its OpenAPI schema."""
        # django-filter has no types.
        super().__init__(field_name, lookup_expr)  # type: ignore[no-untyped-call]
        self.field_class = reads
        set_override(self, "field", schema)


def compare_whole(field_name: str, lookup: str) -> ComparisonFilter:
    """Compare an amount in minor units."""
    bounds = {"minimum": -AMOUNT_MINOR_MAX, "maximum": AMOUNT_MINOR_MAX}
    schema = {"type": "integer", **bounds}
    return ComparisonFilter(field_name, lookup, reads=WholeFormField, schema=schema)


def compare_instant(field_name: str, lookup: str) -> ComparisonFilter:
    """Compare an instant."""
    schema = {"type": "string", "format": "date-time"}
    return ComparisonFilter(field_name, lookup, reads=InstantFormField, schema=schema)


def compare_day(field_name: str, lookup: str) -> ComparisonFilter:
    """Compare a day."""
    schema = {"type": "string", "format": "date"}
    return ComparisonFilter(field_name, lookup, reads=DayFormField, schema=schema)


def currency_filter() -> ComparisonFilter:
    """Keep one currency."""
    schema = {"type": "string", "pattern": "^[A-Z]{3}$"}
    return ComparisonFilter("currency", "exact", reads=CurrencyFormField, schema=schema)


def merchant_filter() -> django_filters.CharFilter:
    """Keep one merchant's rows, of those that the caller may see."""
    return django_filters.CharFilter(max_length=40)


class StrictFilterSet(django_filters.FilterSet):
    """Filters that refuse a parameter they do not know, one sent twice, and a range turned round.

    `ranges` names pairs of parameters: the first must not be greater than the second.
    """

    ranges: Iterable[tuple[str, str]] = ()

    def is_valid(self) -> bool:
        """Tell whether every parameter can be obeyed."""
        return bool(self.is_bound) and not self.errors

    @property
    def errors(self) -> Any:
        """Return the form's complaints and ours."""
        errors = self.form.errors
        for name, complaint in self._complaints():
            if name not in errors:
                errors[name] = self.form.error_class([complaint])
        return errors

    def _complaints(self) -> list[tuple[str, ValidationError]]:
        found = []
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        for name, values in data.lists():
            if name not in self.filters and name not in PAGE_PARAMETERS:
                found.append((name, _complaint("unknown_parameter")))
            elif len(values) > 1:
                found.append((name, _complaint("repeated_parameter")))
        for low, high in self.ranges:
            first, last = (self.form.cleaned_data.get(name) for name in (low, high))
            if first is not None and last is not None:
                if first > last:
                    found.append((high, _complaint("reversed_range")))
                elif isinstance(first, date) and last - first > SPAN_MAX:
                    found.append((high, _complaint("long_range")))
        return found


_SENTENCES = {
    "unknown_parameter": _("This parameter is not known here."),
    "repeated_parameter": _("This parameter may be sent once only."),
    "reversed_range": _("The range ends before it begins."),
    "long_range": _("A range may span 92 days at most."),
}


def _complaint(code: str) -> ValidationError:
    return ValidationError(_SENTENCES[code], code=code)


def _payers_known_as(number: str, *, to: Principal) -> QuerySet[Payer]:
    """Return whom a number names: to a merchant its own payer, to the platform everybody's."""
    known = Payer.objects.order_by().filter(external_no=number)
    return known if to.is_platform else known.filter(merchant_id=to.merchant_id)


class PaymentFilter(StrictFilterSet):
    """Which payments: by state, method, currency, amount, any number, instant of creation.

    `reference` is any number that names a payment: ours, the order's, the payer's, the channel's.
    """

    status = django_filters.ChoiceFilter(choices=PaymentStatus.choices)
    method = django_filters.ChoiceFilter(choices=PaymentMethod.choices)
    currency = currency_filter()
    merchant_order_no = django_filters.CharFilter(max_length=64)
    payer_no = django_filters.CharFilter(method="of_payer", max_length=64)
    amount_min = compare_whole("visible_minor", "gte")
    amount_max = compare_whole("visible_minor", "lte")
    created_from = compare_instant("created_at", "gte")
    created_before = compare_instant("created_at", "lt")
    merchant_id = django_filters.CharFilter(method="of_merchant", max_length=40)
    reference = django_filters.CharFilter(method="known_as", max_length=REFERENCE_LENGTH_MAX)

    ranges = (("amount_min", "amount_max"), ("created_from", "created_before"))

    def of_payer(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the payments of whom the caller knows by this number."""
        return queryset.filter(payer__in=_payers_known_as(value, to=self.request.user))

    def known_as(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the payments that a number names, of those that the caller may see."""
        return queryset.filter(pk__in=payments_known_as(value))

    def of_merchant(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the payments in which this merchant has a share that the caller may see."""
        principal = self.request.user
        if not principal.is_platform and value != principal.merchant_id:
            return queryset.none()
        return queryset.filter(allocations__merchant_id=value)


class RefundFilter(StrictFilterSet):
    """Which refunds: by state, payment, currency, amount, any number, instant of creation.

    `reference` is any number that names a refund or its payment: ours, the merchant's, the
    payer's, the channel's.
    """

    status = django_filters.ChoiceFilter(choices=RefundStatus.choices)
    payment_id = django_filters.CharFilter(max_length=40)
    currency = currency_filter()
    merchant_refund_no = django_filters.CharFilter(max_length=64)
    payer_no = django_filters.CharFilter(method="of_payer", max_length=64)
    amount_min = compare_whole("visible_minor", "gte")
    amount_max = compare_whole("visible_minor", "lte")
    created_from = compare_instant("created_at", "gte")
    created_before = compare_instant("created_at", "lt")
    merchant_id = django_filters.CharFilter(method="of_merchant", max_length=40)
    reference = django_filters.CharFilter(method="known_as", max_length=REFERENCE_LENGTH_MAX)

    ranges = (("amount_min", "amount_max"), ("created_from", "created_before"))

    def of_payer(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the refunds to whom the caller knows by this number."""
        return queryset.filter(payment__payer__in=_payers_known_as(value, to=self.request.user))

    def known_as(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the refunds that a number names, of those that the caller may see."""
        return queryset.filter(pk__in=refunds_known_as(value))

    def of_merchant(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the refunds that take of this merchant's share, if the caller may see it."""
        principal = self.request.user
        if not principal.is_platform and value != principal.merchant_id:
            return queryset.none()
        return queryset.filter(allocations__allocation__merchant_id=value)


class LineFilter(StrictFilterSet):
    """Which lines: by kind, currency, source, amount, day of creation, day of availability."""

    kind = django_filters.ChoiceFilter(choices=LineKind.choices)
    currency = currency_filter()
    source = django_filters.CharFilter(max_length=40)
    merchant_id = merchant_filter()
    amount_min = compare_whole("net_minor", "gte")
    amount_max = compare_whole("net_minor", "lte")
    created_from = compare_instant("created_at", "gte")
    created_before = compare_instant("created_at", "lt")
    available_from = compare_day("available_on", "gte")
    available_before = compare_day("available_on", "lt")

    ranges = (
        ("amount_min", "amount_max"),
        ("created_from", "created_before"),
        ("available_from", "available_before"),
    )

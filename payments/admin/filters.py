"""Filters that several lists of payments share."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments.models import ChannelAccount


class CurrencyFilter(admin.SimpleListFilter):
    """Narrow a list to one currency of those in which our channels work."""

    title = _("currency")
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the currencies of our channels; there are few channels, and many rows."""
        rows = ChannelAccount.objects.order_by("currency").values_list("currency", flat=True)
        return [(currency, currency) for currency in dict.fromkeys(rows)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of the currency."""
        return queryset.filter(currency=self.value()) if self.value() else queryset

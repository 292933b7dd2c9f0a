"""Filters that several lists of payments share."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments.models import ChannelAccount
from payments.states import CONTRADICTED, CONTRADICTION_ENDED


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


class ContradictionFilter(admin.SimpleListFilter):
    """Narrow a list to what its channels say went otherwise than it ended here."""

    title = _("contradiction")
    parameter_name = "status_code__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List what waits for people's word, and what has it."""
        return [
            (CONTRADICTED, str(_("contradicted by its channel"))),
            (CONTRADICTION_ENDED, str(_("ended by two people"))),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the rows of which it is true."""
        return queryset.filter(status_code=self.value()) if self.value() else queryset

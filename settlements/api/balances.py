"""`/v1/balances`: what stands on a merchant's accounts in the books now."""

from typing import Any

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from ledger import chart
from ledger.models import AccountBalance
from payments.api.doors import ListDoor, of_merchant
from payments.api.filters import StrictFilterSet, currency_filter, merchant_filter
from payments.models import MerchantAccount


class BalanceSerializer(serializers.Serializer[MerchantAccount]):
    """A merchant's money of one currency, in minor units, as the books have it.

    `pending` has not matured; `available` may be settled next; `on_hold` is in settlements on
    their way; `reserve` is kept for refunds, `set_aside` for a review; `debt` is what the platform
    advanced and takes back first.
    """

    object = serializers.SerializerMethodField()
    merchant_id = serializers.CharField()
    currency = serializers.CharField()
    pending = serializers.IntegerField(source="pending_account.balance.balance_minor")
    available = serializers.IntegerField(source="available_account.balance.balance_minor")
    on_hold = serializers.IntegerField(source="hold_account.balance.balance_minor")
    reserve = serializers.IntegerField(source="reserve_minor")
    set_aside = serializers.IntegerField(source="frozen_minor")
    debt = serializers.IntegerField(source="debt_account.balance.balance_minor")
    matured_through_date = serializers.DateField()

    @extend_schema_field({"type": "string", "const": "balance"})
    def get_object(self, row: MerchantAccount) -> str:
        """Name the type."""
        return "balance"


class BalanceFilter(StrictFilterSet):
    """Which balances: by currency and merchant."""

    currency = currency_filter()
    merchant_id = merchant_filter()


@extend_schema_view(list=extend_schema(summary=_("List balances")))
class BalanceDoor(ListDoor):
    """What stands on a merchant's accounts now, one row per merchant and currency."""

    serializer_class = BalanceSerializer
    filterset_class = BalanceFilter
    scopes = {"list": "settlements:read"}
    keyset = ("id",)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the accounts that the caller may see, with what stands on them."""
        if getattr(self, "swagger_fake_view", False):
            return MerchantAccount.objects.none()
        return of_merchant(
            MerchantAccount.objects.select_related(
                "pending_account__balance",
                "available_account__balance",
                "hold_account__balance",
                "debt_account__balance",
            ).annotate(
                reserve_minor=_stands_on(chart.RESERVE), frozen_minor=_stands_on(chart.RISK_FREEZE)
            ),
            self.principal,
        )


def _stands_on(code: str) -> Coalesce:
    """Read what stands on another account of the same merchant; 0 where nothing ever did."""
    of_merchant_and_currency = AccountBalance.objects.filter(
        account__code=code,
        account__owner_id=OuterRef("merchant_id"),
        account__currency=OuterRef("currency"),
    )
    return Coalesce(
        Subquery(of_merchant_and_currency.values("balance_minor")[:1]),
        0,
        output_field=BigIntegerField(),
    )

"""`/v1/balance_transactions`: a merchant's lines, the rows of statements and settlements."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from payments.api.doors import ReadDoor, of_merchant
from payments.api.filters import LineFilter
from payments.models import BalanceTransaction, MerchantAccount


class LineSerializer(serializers.Serializer[Any]):
    """One line of a merchant's money; `net` is `gross` less `fee`, and `amount` is the net.

    `source` is the id of the allocation or settlement that the line stands for. `status` is
    `available` from the business day `available_on` on, `pending` before.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    merchant_id = serializers.CharField()
    kind = serializers.CharField()
    # The metaclass takes fields off the class, so DRF's own `source` stays.
    source = serializers.CharField()  # type: ignore[assignment]
    amount = serializers.IntegerField(source="net_minor")
    gross = serializers.IntegerField(source="gross_minor")
    fee = serializers.IntegerField(source="fee_minor")
    net = serializers.IntegerField(source="net_minor")
    currency = serializers.CharField()
    status = serializers.SerializerMethodField()
    effective_date = serializers.DateField()
    available_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    metadata = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "const": "balance_transaction"})
    def get_object(self, row: BalanceTransaction) -> str:
        """Name the type."""
        return "balance_transaction"

    @extend_schema_field({"type": "string", "enum": ["pending", "available"]})
    def get_status(self, row: Any) -> str:
        """Tell whether the line has matured; without an account nothing has."""
        matured = row.matured_through_date
        is_available = matured is not None and row.available_on <= matured
        return "available" if is_available else "pending"

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_metadata(self, row: BalanceTransaction) -> dict[str, str]:
        """Return nothing: lines carry no texts of the partner's."""
        return {}


def with_maturity(lines: QuerySet[BalanceTransaction]) -> QuerySet[Any]:
    """Add to each line the last day through which its merchant's money has matured."""
    account = MerchantAccount.objects.filter(
        merchant_id=OuterRef("merchant_id"), currency=OuterRef("currency")
    )
    return lines.annotate(matured_through_date=Subquery(account.values("matured_through_date")[:1]))


@extend_schema_view(
    list=extend_schema(summary=_("List balance transactions")),
    retrieve=extend_schema(summary=_("Retrieve a balance transaction")),
)
class LineDoor(ReadDoor):
    """The lines of a merchant's money: the rows of statements and settlements."""

    id_prefix = "txn"
    serializer_class = LineSerializer
    filterset_class = LineFilter
    scopes = {"list": "settlements:read", "retrieve": "settlements:read"}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the lines that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return BalanceTransaction.objects.none()
        return with_maturity(of_merchant(BalanceTransaction.objects.all(), self.principal))

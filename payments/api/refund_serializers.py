"""How a refund is asked for and how it is shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api import amounts
from payments.api.payment_serializers import ALLOCATIONS_MAX, AllocationCreateSerializer
from payments.api.principal import Principal
from payments.api.requests import caller
from payments.api.serializers import (
    AmountField,
    CurrencyField,
    MetadataField,
    PlainTextField,
    ReferenceField,
    StrictSerializer,
)
from payments.models import Refund, RefundAllocation
from payments.queries.totals import Totals


class RefundCreateSerializer(StrictSerializer):
    """A new refund of a paid payment. Without an amount it is all that is left of it.

    A part of a payment that belongs to several merchants names their `allocations`, and what of
    it belongs to no merchant as `unallocated`; together they are the amount. Of a payment that was
    captured in parts it is of one of them: `capture_id`, or the oldest with enough left.
    """

    payment_id = ReferenceField()
    merchant_refund_no = ReferenceField()
    amount = AmountField(required=False, allow_null=True, default=None)
    currency = CurrencyField(required=False, allow_null=True, default=None)
    allocations: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=AllocationCreateSerializer(),
        required=False,
        allow_empty=False,
        max_length=ALLOCATIONS_MAX,
    )
    unallocated = AmountField(required=False, allow_null=True, default=None)
    capture_id = ReferenceField(required=False, allow_null=True, default=None)
    reason = PlainTextField(max_length=80)
    metadata = MetadataField(required=False, default=dict)


class RefundCancelSerializer(StrictSerializer):
    """Why a refund is given up."""

    reason = PlainTextField(max_length=200)


class RefundAllocationSerializer(serializers.Serializer[RefundAllocation]):
    """What of a refund comes from one merchant; `fee_returned` is what of the fee comes back."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    allocation_id = serializers.CharField()
    merchant_id = serializers.CharField(source="allocation.merchant_id")
    amount = serializers.IntegerField(source="amount_minor")
    fee_returned = serializers.IntegerField(source="fee_returned_minor")

    @extend_schema_field({"type": "string", "const": "refund_allocation"})
    def get_object(self, row: RefundAllocation) -> str:
        """Name the type."""
        return "refund_allocation"


class RefundSerializer(serializers.Serializer[Refund]):
    """A refund as the caller may see it. Amounts are minor units of `currency`.

    The platform sees all of it. A merchant sees its own share only: `amount` is that share, and
    `allocations` holds no one else's; `metadata` is shown to whoever asked for the refund. Of it
    the payer got `payer_amount`, and the channel takes `settled_amount` of the platform.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    payment_id = serializers.CharField()
    capture_id = serializers.CharField(allow_null=True)
    merchant_order_no = serializers.CharField(source="payment.merchant_order_no")
    merchant_refund_no = serializers.CharField()
    amount = serializers.IntegerField(source="visible_minor")
    payer_amount = serializers.SerializerMethodField()
    settled_amount = serializers.SerializerMethodField()
    unallocated = serializers.SerializerMethodField()
    currency = serializers.CharField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    reason = serializers.CharField()
    metadata = serializers.SerializerMethodField()
    allocations = RefundAllocationSerializer(many=True)
    created_at = serializers.DateTimeField()
    succeeded_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "string", "const": "refund"})
    def get_object(self, row: Refund) -> str:
        """Name the type."""
        return "refund"

    @extend_schema_field(amounts.PAYER_GOT)
    def get_payer_amount(self, row: Refund) -> int | None:
        """Return what the payer got of it."""
        found = self._totals(row)
        return None if found is None else found.payer_minor

    @extend_schema_field(amounts.SETTLED_BACK)
    def get_settled_amount(self, row: Refund) -> int | None:
        """Return what the channel takes of us for it."""
        found = self._totals(row)
        return None if found is None else found.settled_minor

    @extend_schema_field({"type": "integer"})
    def get_unallocated(self, row: Refund) -> int:
        """Return what belonged to no merchant, which only the platform sees."""
        return row.unallocated_minor if self._principal.is_platform else 0

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_metadata(self, row: Refund) -> dict[str, Any]:
        """Return the asker's own texts, to the asker and the platform."""
        is_shown = self._principal.is_platform or row.merchant_id == self._principal.merchant_id
        return dict(row.metadata) if is_shown else {}

    def _totals(self, row: Refund) -> Totals | None:
        return amounts.of_refund(row, to=self._principal)

    @property
    def _principal(self) -> Principal:
        return caller(self.context["request"])

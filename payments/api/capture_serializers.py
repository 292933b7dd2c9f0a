"""How captures and voids of authorised payments are asked for, and how a capture is shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api.requests import caller
from payments.api.serializers import AmountField, ReferenceField, StrictSerializer
from payments.models import Capture, CaptureShare

SHARES_MAX = 100


class CaptureShareCreateSerializer(StrictSerializer):
    """What of a capture shall be one merchant's."""

    merchant_id = ReferenceField()
    amount = AmountField()


class CaptureCreateSerializer(StrictSerializer):
    """What is taken of what is held. Without an amount or allocations all that is left.

    An amount alone is split over what is left of each merchant's share; named `allocations` are
    taken as they are. With `final` nothing more is taken, and the payer gets the rest back.
    """

    amount = AmountField(required=False, allow_null=True, default=None)
    allocations: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=CaptureShareCreateSerializer(),
        required=False,
        allow_empty=False,
        max_length=SHARES_MAX,
    )
    final = serializers.BooleanField(required=False, default=False)


class CaptureShareSerializer(serializers.Serializer[CaptureShare]):
    """What of a capture is one merchant's; `fee` is the platform's, taken from it."""

    allocation_id = serializers.CharField()
    amount = serializers.IntegerField(source="amount_minor")
    fee = serializers.IntegerField(source="fee_minor")


class CaptureSerializer(serializers.Serializer[Capture]):
    """One capture as the caller may see it: a merchant sees its own share of it only."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    final = serializers.BooleanField(source="is_final")
    allocations = CaptureShareSerializer(source="shares", many=True)
    created_at = serializers.DateTimeField()
    succeeded_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "string", "const": "capture"})
    def get_object(self, row: Capture) -> str:
        """Name the type."""
        return "capture"

    @extend_schema_field({"type": "integer"})
    def get_amount(self, row: Capture) -> int:
        """Return what was taken, or what of it is the caller's."""
        if caller(self.context["request"]).is_platform:
            return row.amount_minor
        return sum(share.amount_minor for share in row.shares.all())

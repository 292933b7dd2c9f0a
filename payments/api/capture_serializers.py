"""How captures and voids of authorised payments are asked for, and how a capture is shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api import amounts
from payments.api.requests import caller
from payments.api.serializers import AmountField, ReferenceField, StrictSerializer
from payments.models import Capture, CaptureShare
from payments.queries.totals import Totals

SHARES_MAX = 100


class CaptureShareCreateSerializer(StrictSerializer):
    """What of a capture shall be one merchant's."""

    merchant_id = ReferenceField()
    amount = AmountField()


class CaptureCreateSerializer(StrictSerializer):
    """What is taken of what is held. Without an amount or allocations all that is left.

    An amount alone is split over what is left of each merchant's share; named `allocations` are
    taken as they are. With `final` nothing more is taken, and the payer gets the rest back. A card
    can be taken of once: a part of it without `final` is refused with `capture_not_final`.
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
    """What of a capture is one merchant's: `net` after the platform's `fee`."""

    allocation_id = serializers.CharField()
    amount = serializers.IntegerField(source="amount_minor")
    fee = serializers.IntegerField(source="fee_minor")
    net = serializers.SerializerMethodField()

    @extend_schema_field({"type": "integer"})
    def get_net(self, row: CaptureShare) -> int:
        """Return what the merchant gets of it."""
        return row.amount_minor - row.fee_minor


class CaptureSerializer(serializers.Serializer[Capture]):
    """One capture as the caller may see it: a merchant sees its own share of it only.

    `channel_no` is our number of it at the channel, `channel_ref` the channel's own.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()
    payer_amount = serializers.SerializerMethodField()
    settled_amount = serializers.SerializerMethodField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    final = serializers.BooleanField(source="is_final")
    channel_no = serializers.CharField(source="operation.channel_no")
    channel_ref = serializers.CharField(source="operation.channel_ref")
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

    @extend_schema_field(amounts.PAYER_AMOUNT)
    def get_payer_amount(self, row: Capture) -> int | None:
        """Return what the payer paid of it."""
        found = self._totals(row)
        return None if found is None else found.payer_minor

    @extend_schema_field(amounts.SETTLED_AMOUNT)
    def get_settled_amount(self, row: Capture) -> int | None:
        """Return what the channel settles for it."""
        found = self._totals(row)
        return None if found is None else found.settled_minor

    def _totals(self, row: Capture) -> Totals | None:
        return amounts.of_capture(row, to=caller(self.context["request"]))

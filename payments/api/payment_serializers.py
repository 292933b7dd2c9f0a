"""How a payment is asked for and how it is shown."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from payments.api import amounts
from payments.api.capture_serializers import CaptureSerializer
from payments.api.principal import Principal
from payments.api.requests import caller, seen
from payments.api.serializers import (
    AddressField,
    AmountField,
    CurrencyField,
    InstantField,
    MetadataField,
    PlainTextField,
    ReferenceField,
    StrictSerializer,
)
from payments.models import (
    Authorisation,
    Capturing,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentMethod,
)
from payments.queries.totals import Totals

ALLOCATIONS_MAX = 100
LIFETIME_MAX = timedelta(days=30)


class AllocationCreateSerializer(StrictSerializer):
    """What of a new payment shall belong to one merchant."""

    merchant_id = ReferenceField()
    amount = AmountField()


class PaymentCreateSerializer(StrictSerializer):
    """A new payment. What its allocations leave over belongs to no merchant.

    A merchant's credential may leave the allocations out: the payment is then all its own. With
    `capture` manual the payer's money is held first, and taken when `/capture` says so.
    """

    merchant_order_no = ReferenceField()
    amount = AmountField()
    currency = CurrencyField()
    description = PlainTextField(max_length=120)
    allocations: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=AllocationCreateSerializer(),
        required=False,
        allow_empty=False,
        max_length=ALLOCATIONS_MAX,
    )
    payer_no = ReferenceField(required=False, allow_null=True, default=None)
    capture = serializers.ChoiceField(
        choices=Capturing.choices, required=False, default=Capturing.AUTOMATIC
    )
    metadata = MetadataField(required=False, default=dict)
    expires_at = InstantField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: Any) -> Any:
        """Refuse an end that has passed, or lies more than 30 days ahead."""
        at = seen(self.context["request"]).at
        if value is not None and not at < value <= at + LIFETIME_MAX:
            raise serializers.ValidationError(_("This must lie in the next 30 days."))
        return value


class PaymentConfirmSerializer(StrictSerializer):
    """How the payer wants to pay, and from which address.

    `payer_account` is how the channel knows the payer inside its own app (openid, buyer id).
    """

    method = serializers.ChoiceField(choices=PaymentMethod.choices)
    payer_ip = AddressField(required=False, allow_null=True, default=None)
    payer_account = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=128
    )


class NothingSerializer(StrictSerializer):
    """A body without fields."""


class AllocationSerializer(serializers.Serializer[PaymentAllocation]):
    """What of a payment belongs to one merchant; `fee` is the platform's, taken from it."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    merchant_id = serializers.CharField()
    amount = serializers.IntegerField(source="amount_minor")
    fee = serializers.IntegerField(source="fee_minor")

    @extend_schema_field({"type": "string", "const": "allocation"})
    def get_object(self, row: PaymentAllocation) -> str:
        """Name the type."""
        return "allocation"


class AttemptSerializer(serializers.Serializer[PaymentAttempt]):
    """One try to collect a payment.

    Once the channel answered, `qr_code` is what the payer scans, or `action` what their device
    does: `redirect` to `url`, post `fields` as a `form` to `url`, or `invoke` the channel's own
    software with `fields`. One that was given up for another method shows neither any more.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    method = serializers.CharField()
    status = serializers.CharField()
    status_code = serializers.CharField(source="operation.code")
    qr_code = serializers.CharField()
    action = serializers.JSONField(source="payer_action")
    created_at = serializers.DateTimeField()

    @extend_schema_field({"type": "string", "const": "payment_attempt"})
    def get_object(self, row: PaymentAttempt) -> str:
        """Name the type."""
        return "payment_attempt"

    def to_representation(self, instance: PaymentAttempt) -> dict[str, Any]:
        """Show a try; nobody shall be led to pay by one that its payer has left."""
        shown = super().to_representation(instance)
        return shown | {"qr_code": "", "action": {}} if instance.is_withdrawn else shown


class PaymentSerializer(serializers.Serializer[Payment]):
    """A payment as the caller may see it. Amounts are minor units of `currency`.

    The platform sees all of it. A merchant sees its own share only: `amount` is that share, and
    `allocations` holds no one else's; `metadata` and `payer_no` are shown to whoever created the
    payment: the number means another person to anybody else. Of a payment that was held first,
    `payer_amount` and `settled_amount` are of what was captured.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    merchant_order_no = serializers.CharField()
    amount = serializers.IntegerField(source="visible_minor")
    payer_amount = serializers.SerializerMethodField()
    settled_amount = serializers.SerializerMethodField()
    unallocated = serializers.SerializerMethodField()
    currency = serializers.CharField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    method = serializers.CharField()
    description = serializers.CharField()
    payer_no = serializers.SerializerMethodField()
    metadata = serializers.SerializerMethodField()
    allocations = AllocationSerializer(many=True)
    attempts = AttemptSerializer(many=True)
    capture = serializers.CharField(source="capture_mode")
    captures = serializers.SerializerMethodField()
    authorized_at = serializers.SerializerMethodField()
    authorization_expires_at = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "string", "const": "payment"})
    def get_object(self, row: Payment) -> str:
        """Name the type."""
        return "payment"

    @extend_schema_field(amounts.PAYER_AMOUNT)
    def get_payer_amount(self, row: Payment) -> int | None:
        """Return what the payer paid of it."""
        found = self._totals(row)
        return None if found is None else found.payer_minor

    @extend_schema_field(amounts.SETTLED_AMOUNT)
    def get_settled_amount(self, row: Payment) -> int | None:
        """Return what the channel settles for it."""
        found = self._totals(row)
        return None if found is None else found.settled_minor

    @extend_schema_field({"type": "integer"})
    def get_unallocated(self, row: Payment) -> int:
        """Return what belongs to no merchant, which only the platform sees."""
        return row.unallocated_minor if self._principal.is_platform else 0

    @extend_schema_field(CaptureSerializer(many=True))
    def get_captures(self, row: Payment) -> Any:
        """Return what was taken of a payment that was authorised first, the oldest first."""
        if row.capture_mode != Capturing.MANUAL:
            return []
        made: Any = row.captures.all()
        return CaptureSerializer(made, many=True, context=self.context).data

    @extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
    def get_authorized_at(self, row: Payment) -> str | None:
        """Return when the channel began to hold the payer's money."""
        held = self._held(row)
        return None if held is None else _written(held.authorised_at)

    @extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
    def get_authorization_expires_at(self, row: Payment) -> str | None:
        """Return until when the channel holds it; what is left is given back before."""
        held = self._held(row)
        return None if held is None else _written(held.expires_at)

    def _held(self, row: Payment) -> Authorisation | None:
        if row.capture_mode != Capturing.MANUAL:
            return None
        return next(iter(row.authorisations.all()), None)

    def get_payer_no(self, row: Payment) -> str | None:
        """Return the creator's own number of the payer, to the creator and the platform."""
        return row.payer.external_no if row.payer and self._is_creators(row) else None

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_metadata(self, row: Payment) -> dict[str, Any]:
        """Return the creator's own texts, to the creator and the platform."""
        return dict(row.metadata) if self._is_creators(row) else {}

    def _is_creators(self, row: Payment) -> bool:
        """Tell whether the caller created the payment, or is the platform, which sees all."""
        return self._principal.is_platform or row.merchant_id == self._principal.merchant_id

    def _totals(self, row: Payment) -> Totals | None:
        return amounts.of_payment(row, to=self._principal)

    @property
    def _principal(self) -> Principal:
        return caller(self.context["request"])


def _written(moment: datetime) -> str:
    """Write an instant as the other fields do."""
    return str(serializers.DateTimeField().to_representation(moment))

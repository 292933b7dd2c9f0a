"""`/v1/settlements`: what a merchant is paid, line by line, and where it stands."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from payments.actions.idempotency import Answer
from payments.api.balance_transactions import LineSerializer, with_maturity
from payments.api.doors import ReadDoor, of_merchant
from payments.api.filters import (
    StrictFilterSet,
    compare_day,
    compare_instant,
    compare_whole,
    currency_filter,
    merchant_filter,
)
from payments.api.idempotency import KEY_PARAMETER
from payments.api.requests import seen
from payments.api.serializers import (
    AmountField,
    CurrencyField,
    ReferenceField,
    StrictSerializer,
)
from payments.models import BalanceTransaction
from settlements.actions.requests import request_settlement
from settlements.errors import MerchantOnlyError
from settlements.models import Destination, Payout, Settlement
from settlements.states import SettlementStatus


class SettlementCreateSerializer(StrictSerializer):
    """A merchant's request for everything that is available to them in one currency.

    `amount`, if sent, must be exactly what would be paid out, after the payout fee, and
    `destination` the id of the account that it would go to.
    """

    currency = CurrencyField()
    merchant_settlement_no = ReferenceField()
    amount = AmountField(required=False, allow_null=True, default=None)
    destination = ReferenceField(required=False, allow_null=True, default=None)


class DestinationSerializer(serializers.Serializer[Destination]):
    """Where the money goes; of the account number only its end is ever shown."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    kind = serializers.CharField()
    holder_name = serializers.CharField()
    account_tail = serializers.CharField()

    @extend_schema_field({"type": "string", "const": "destination"})
    def get_object(self, row: Destination) -> str:
        """Name the type."""
        return "destination"


class PayoutSerializer(serializers.Serializer[Payout]):
    """One try to pay a settlement out."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    amount = serializers.IntegerField(source="amount_minor")
    currency = serializers.CharField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    bank_reference = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "string", "const": "payout"})
    def get_object(self, row: Payout) -> str:
        """Name the type."""
        return "payout"


class SettlementSerializer(serializers.Serializer[Settlement]):
    """One merchant's money of one currency on its way out; `amount` is the net of its lines.

    `merchant_settlement_no` is empty for those of a run.
    """

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    merchant_id = serializers.CharField()
    merchant_settlement_no = serializers.CharField()
    amount = serializers.IntegerField(source="net_minor")
    gross = serializers.IntegerField(source="gross_minor")
    fee = serializers.IntegerField(source="fee_minor")
    net = serializers.IntegerField(source="net_minor")
    currency = serializers.CharField()
    status = serializers.CharField()
    status_code = serializers.CharField()
    item_count = serializers.IntegerField()
    business_date = serializers.DateField()
    destination = DestinationSerializer(allow_null=True)
    payouts = PayoutSerializer(many=True)
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    metadata = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "const": "settlement"})
    def get_object(self, row: Settlement) -> str:
        """Name the type."""
        return "settlement"

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_metadata(self, row: Settlement) -> dict[str, str]:
        """Return nothing: settlements carry no texts of the partner's yet."""
        return {}


class SettlementFilter(StrictFilterSet):
    """Which settlements: by state, currency, merchant, amount, business day, day of creation."""

    status = django_filters.ChoiceFilter(choices=SettlementStatus.choices)
    merchant_settlement_no = django_filters.CharFilter(max_length=64)
    currency = currency_filter()
    merchant_id = merchant_filter()
    amount_min = compare_whole("net_minor", "gte")
    amount_max = compare_whole("net_minor", "lte")
    business_date_from = compare_day("business_date", "gte")
    business_date_before = compare_day("business_date", "lt")
    created_from = compare_instant("created_at", "gte")
    created_before = compare_instant("created_at", "lt")

    ranges = (
        ("amount_min", "amount_max"),
        ("business_date_from", "business_date_before"),
        ("created_from", "created_before"),
    )


@extend_schema_view(
    list=extend_schema(summary=_("List settlements")),
    retrieve=extend_schema(summary=_("Retrieve a settlement")),
)
class SettlementDoor(ReadDoor):
    """What merchants are paid: each settlement with its destination and its payouts."""

    id_prefix = "stl"
    serializer_class = SettlementSerializer
    filterset_class = SettlementFilter
    scopes = {
        "list": "settlements:read",
        "retrieve": "settlements:read",
        "items": "settlements:read",
        "create": "settlements:write",
    }
    deeds = {"create": "settlement.request"}

    def get_queryset(self) -> QuerySet[Any]:
        """Return the settlements that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Settlement.objects.none()
        return of_merchant(
            Settlement.objects.select_related("destination").prefetch_related(
                Prefetch("payouts", queryset=Payout.objects.order_by("created_at", "id"))
            ),
            self.principal,
        )

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Request a settlement"),
        request=SettlementCreateSerializer,
        responses={201: SettlementSerializer},
    )
    def create(self, request: Request) -> Response:
        """Have everything available paid out. It waits for two people of the platform first.

        Your credential is the proof. What risk control does not let go is refused with 409 and the
        code of the limit or rule; nothing is set apart then.
        """
        asked = SettlementCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        merchant_id = self.principal.merchant_id
        if merchant_id is None:
            raise MerchantOnlyError
        wanted = asked.validated_data

        def deed() -> Answer:
            settlement = request_settlement(
                merchant_id=merchant_id,
                currency=wanted["currency"],
                amount_minor=wanted["amount"],
                merchant_settlement_no=wanted["merchant_settlement_no"],
                actor=self.principal.actor,
                client_ip=seen(request).client_ip or None,
                token=None,
                at=seen(request).at,
                destination_id=wanted["destination"],
            )
            shown = self.get_queryset().get(pk=settlement.pk)
            return 201, dict(self.get_serializer(shown).data)

        subject = f"settlement:{wanted['merchant_settlement_no']}"
        response = self.answer_once(request, deed=deed, subject=subject)
        if response.status_code == 201:
            response["Location"] = reverse("settlement-detail", args=[response.data["id"]])
        return response

    @extend_schema(
        summary=_("List the lines of a settlement"),
        responses={200: LineSerializer(many=True)},
        operation_id="settlements_items_list",
    )
    @action(detail=True, methods=["get"], filterset_class=StrictFilterSet)
    def items(self, request: Request, pk: str) -> Response:
        """List the balance transactions that a settlement is made of."""
        settlement = self.get_object()
        lines = with_maturity(
            BalanceTransaction.objects.filter(settlement_items__settlement=settlement)
        )
        page = self.paginate_queryset(self.filter_queryset(lines))
        assert page is not None
        return self.get_paginated_response(LineSerializer(page, many=True).data)

"""`/v1/payment_links`: prices that a merchant shows, for whoever has the address to pay."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from payments.actions import links
from payments.actions.idempotency import Answer
from payments.actions.links import LIFETIME_MAX, LinkRequest
from payments.api.doors import ReadDoor, of_merchant
from payments.api.filters import StrictFilterSet, compare_instant, currency_filter
from payments.api.idempotency import KEY_PARAMETER
from payments.api.payment_serializers import NothingSerializer
from payments.api.requests import seen
from payments.api.serializers import (
    AmountField,
    CurrencyField,
    InstantField,
    PlainTextField,
    ReferenceField,
    StrictSerializer,
)
from payments.errors import UnknownMerchantError
from payments.models import PaymentLink
from payments.queries.links import LinkState, address_of, in_state, links_with_use, state_of


class PaymentLinkCreateSerializer(StrictSerializer):
    """A new link. A merchant's credential makes its own; the platform's names the merchant."""

    merchant_id = ReferenceField(required=False, allow_null=True, default=None)
    amount = AmountField()
    currency = CurrencyField()
    description = PlainTextField(max_length=120)
    single_use = serializers.BooleanField(required=False, default=True)
    expires_at = InstantField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, value: Any) -> Any:
        """Refuse an end that has passed, or lies more than a year ahead."""
        at = seen(self.context["request"]).at
        if value is not None and not at < value <= at + LIFETIME_MAX - timedelta(days=1):
            raise serializers.ValidationError(_("This must lie in the next 365 days."))
        return value


class PaymentLinkSerializer(serializers.Serializer[PaymentLink]):
    """A link: send `url` to whoever shall pay. `amount` is minor units of `currency`."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    merchant_id = serializers.CharField()
    url = serializers.SerializerMethodField()
    amount = serializers.IntegerField(source="amount_minor")
    currency = serializers.CharField()
    description = serializers.CharField()
    single_use = serializers.BooleanField(source="is_single_use")
    status = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "string", "const": "payment_link"})
    def get_object(self, row: PaymentLink) -> str:
        """Name the type."""
        return "payment_link"

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, row: PaymentLink) -> str:
        """Return the address that payers open."""
        return address_of(row)

    @extend_schema_field({"type": "string", "enum": LinkState.values})
    def get_status(self, row: PaymentLink) -> str:
        """Return where it stands now."""
        return state_of(row, at=seen(self.context["request"]).at).value


class PaymentLinkFilter(StrictFilterSet):
    """Which links: by state, currency, instant of creation."""

    status = django_filters.ChoiceFilter(choices=LinkState.choices, method="in_state")
    currency = currency_filter()
    merchant_id = django_filters.CharFilter(max_length=40)
    created_from = compare_instant("created_at", "gte")
    created_before = compare_instant("created_at", "lt")

    ranges = (("created_from", "created_before"),)

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep the links that stand there now."""
        return queryset.filter(in_state(LinkState(value), at=seen(self.request).at))


@extend_schema_view(
    list=extend_schema(summary=_("List payment links")),
    retrieve=extend_schema(summary=_("Retrieve a payment link")),
)
class PaymentLinkDoor(ReadDoor):
    """Prices that merchants show: each payer who opens a link gets a payment of their own."""

    id_prefix = "lnk"
    serializer_class = PaymentLinkSerializer
    filterset_class = PaymentLinkFilter
    scopes = {
        "list": "payments:read",
        "retrieve": "payments:read",
        "create": "payments:write",
        "cancel": "payments:write",
    }
    deeds = {"create": "payment_link.create", "cancel": "payment_link.cancel"}

    def get_queryset(self) -> QuerySet[PaymentLink]:
        """Return the links that the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return PaymentLink.objects.none()
        return of_merchant(links_with_use(), self.principal)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Create a payment link"),
        request=PaymentLinkCreateSerializer,
        responses={201: PaymentLinkSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an address at which anybody can pay one amount, once or several times.

        It ends after seven days, if nothing else is said. `/payments/{id}/payment_links` makes an
        address for one payment that exists already.
        """
        asked = PaymentLinkCreateSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        asked.is_valid(raise_exception=True)
        wanted = self._wanted(asked.validated_data)

        def deed() -> Answer:
            links.create_link(wanted, actor=self.principal.actor, at=seen(request).at)
            return 201, self._shown(wanted.link_id)

        response = self.answer_once(request, deed=deed, subject=wanted.merchant_id)
        if response.status_code == 201:
            response["Location"] = reverse("payment-link-detail", args=[response.data["id"]])
        return response

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Cancel a payment link"),
        request=NothingSerializer,
        responses={200: PaymentLinkSerializer},
        operation_id="payment_links_cancel",
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Let nobody begin to pay by the link. What was begun before may still be paid."""
        link: PaymentLink = self.get_object()
        asked = NothingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def deed() -> Answer:
            context = seen(request)
            links.cancel_link(
                link.pk,
                actor=self.principal.actor,
                at=context.at,
                client_ip=context.client_ip or None,
                request_id=context.request_id,
            )
            return 200, self._shown(link.pk)

        return self.answer_once(request, deed=deed, subject=link.pk)

    def _wanted(self, data: dict[str, Any]) -> LinkRequest:
        """Return the request as the action takes it.

        Raises UnknownMerchantError for a merchant that is not the caller's.
        """
        own, named = self.principal.merchant_id, data["merchant_id"]
        merchant_id = named or own
        if merchant_id is None or (not self.principal.is_platform and merchant_id != own):
            raise UnknownMerchantError(merchant=named or "")
        return LinkRequest(
            merchant_id=merchant_id,
            amount_minor=data["amount"],
            currency=data["currency"],
            description=data["description"],
            is_single_use=data["single_use"],
            expires_at=data["expires_at"],
        )

    def _shown(self, link_id: str) -> dict[str, Any]:
        """Return the link, read anew."""
        return dict(self.get_serializer(self.get_queryset().get(pk=link_id)).data)

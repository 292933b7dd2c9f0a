"""`/v1/refunds`: money that goes back to payers, and whose it was."""

from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from payments.actions import payment_questions, refunds
from payments.actions.idempotency import Answer
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.api import amounts
from payments.api.doors import ReadDoor
from payments.api.filters import RefundFilter
from payments.api.idempotency import KEY_PARAMETER
from payments.api.refund_serializers import (
    RefundCancelSerializer,
    RefundCreateSerializer,
    RefundSerializer,
)
from payments.api.requests import seen
from payments.errors import ForeignRefundError, ForeignShareError, PaymentOutcomeUnknownError
from payments.models import Refund, RefundAllocation


@extend_schema_view(
    list=extend_schema(summary=_("List refunds")),
    retrieve=extend_schema(summary=_("Retrieve a refund")),
)
class RefundDoor(ReadDoor):
    """Money that goes back to payers: each refund with what of it comes from whom."""

    id_prefix = "ref"
    serializer_class = RefundSerializer
    filterset_class = RefundFilter
    scopes = {
        "list": "refunds:read",
        "retrieve": "refunds:read",
        "create": "refunds:write",
        "cancel": "refunds:write",
    }
    deeds = {"create": "refund.create", "cancel": "refund.cancel"}

    def get_queryset(self) -> QuerySet[Refund]:
        """Return the refunds that the caller may see, each with what of it they may see."""
        if getattr(self, "swagger_fake_view", False):
            return Refund.objects.none()
        visible = Refund.objects.select_related("payment")
        shares = RefundAllocation.objects.select_related("allocation").order_by("place")
        if self.principal.is_platform:
            visible = visible.annotate(visible_minor=F("amount_minor"))
        else:
            # One merchant has one share of a refund at most, so no row is doubled.
            own = self.principal.merchant_id or ""
            shares = shares.filter(allocation__merchant_id=own)
            visible = visible.filter(allocations__allocation__merchant_id=own).annotate(
                visible_minor=F("allocations__amount_minor")
            )
        return visible.prefetch_related(Prefetch("allocations", queryset=shares))

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Create a refund"),
        request=RefundCreateSerializer,
        responses={201: RefundSerializer},
    )
    def create(self, request: Request) -> Response:
        """Reserve money of a paid payment, and have the channel give it back to the payer.

        A refund may wait for a person (`pending_approval`) or for the merchants' money
        (`funding_required`). Once it was funded only the channel's answer ends it.
        """
        asked = RefundCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = self._wanted(asked.validated_data)

        def deed() -> Answer:
            refund = refunds.request_refund(wanted, actor=self.principal.actor, at=seen(request).at)
            return 201, self._shown(refund.pk)

        subject = f"refund:{wanted.merchant_refund_no}"
        try:
            response = self.answer_once(request, deed=deed, subject=subject)
        except PaymentOutcomeUnknownError:
            payment_questions.have_asked(wanted.payment_id, at=seen(request).at)
            raise
        if response.status_code == 201:
            response["Location"] = reverse("refund-detail", args=[response.data["id"]])
        return response

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Cancel a refund"),
        request=RefundCancelSerializer,
        responses={200: RefundSerializer},
        operation_id="refunds_cancel",
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give up a refund that waits for a person or for the merchants' money.

        Once it was funded it is on its way to the channel and cannot be cancelled.
        """
        refund = self._own_refund()
        asked = RefundCancelSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def deed() -> Answer:
            context = seen(request)
            refunds.withdraw_refund(
                refund.pk,
                actor=self.principal.actor,
                at=context.at,
                reason=asked.validated_data["reason"],
                client_ip=context.client_ip or None,
                request_id=context.request_id,
            )
            return 200, self._shown(refund.pk)

        return self.answer_once(request, deed=deed, subject=refund.pk)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Read what the caller's share of a discount is worked out from, if there is one."""
        if args and not getattr(self, "swagger_fake_view", False):
            rows = [args[0]] if isinstance(args[0], Refund) else list(args[0])
            amounts.read_parts_of_refunds(rows, to=self.principal)
        return super().get_serializer(*args, **kwargs)

    def _own_refund(self) -> Refund:
        """Return the refund that the address names. Raises NotFound or ForeignRefundError."""
        refund: Refund = self.get_object()
        if not self.principal.is_platform and refund.merchant_id != self.principal.merchant_id:
            raise ForeignRefundError
        return refund

    def _wanted(self, data: dict[str, Any]) -> RefundRequest:
        """Return the request as the action takes it.

        Raises ForeignShareError for a credential that belongs to nobody any more.
        """
        merchant_id = self.principal.merchant_id
        if merchant_id is None and not self.principal.is_platform:
            # Without a merchant the action takes the caller for the platform.
            raise ForeignShareError
        return RefundRequest(
            payment_id=data["payment_id"],
            merchant_refund_no=data["merchant_refund_no"],
            reason=data["reason"],
            amount_minor=data["amount"],
            currency=data["currency"],
            shares=[
                ShareRequest(row["merchant_id"], row["amount"])
                for row in data.get("allocations", ())
            ],
            unallocated_minor=data["unallocated"] or 0,
            merchant_id=merchant_id,
            credential_id=self.principal.credential.pk,
            capture_id=data["capture_id"],
            metadata=data["metadata"],
        )

    def _shown(self, refund_id: str) -> dict[str, Any]:
        """Return the refund as the caller may see it, read anew."""
        refund = self.get_queryset().get(pk=refund_id)
        return dict(self.get_serializer(refund).data)

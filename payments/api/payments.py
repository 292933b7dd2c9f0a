"""`/v1/payments`: what is owed, its allocations, and the tries to collect it."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from payments.actions import closing, payment_questions, payments, switching, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.actions.idempotency import Answer
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.api import amounts
from payments.api.capture_serializers import CaptureCreateSerializer
from payments.api.doors import ReadDoor
from payments.api.filters import PaymentFilter
from payments.api.idempotency import KEY_PARAMETER
from payments.api.payment_serializers import (
    NothingSerializer,
    PaymentConfirmSerializer,
    PaymentCreateSerializer,
    PaymentSerializer,
)
from payments.api.requests import seen
from payments.errors import (
    AllocationMismatchError,
    ForeignPaymentError,
    PaymentOutcomeUnknownError,
)
from payments.models import Payment, PaymentAllocation
from payments.queries import totals


@extend_schema_view(
    list=extend_schema(summary=_("List payments")),
    retrieve=extend_schema(summary=_("Retrieve a payment")),
)
class PaymentDoor(ReadDoor):
    """What payers owe: each payment with its allocations and the tries to collect it."""

    id_prefix = "pay"
    serializer_class = PaymentSerializer
    filterset_class = PaymentFilter
    scopes = {
        "list": "payments:read",
        "retrieve": "payments:read",
        "create": "payments:write",
        "confirm": "payments:write",
        "cancel": "payments:write",
        "capture": "payments:write",
        "void": "payments:write",
    }
    deeds = {
        "create": "payment.create",
        "confirm": "payment.confirm",
        "cancel": "payment.cancel",
        "capture": "payment.capture",
        "void": "payment.void",
    }

    def get_queryset(self) -> QuerySet[Payment]:
        """Return the payments that the caller may see, each with what of it they may see."""
        if getattr(self, "swagger_fake_view", False):
            return Payment.objects.none()
        visible = Payment.objects.select_related("payer")
        shares = PaymentAllocation.objects.order_by("place")
        if self.principal.is_platform:
            visible = visible.annotate(visible_minor=F("amount_minor"))
        else:
            # One merchant has one allocation of a payment at most, so no row is doubled.
            own = self.principal.merchant_id or ""
            shares = shares.filter(merchant_id=own)
            visible = visible.filter(allocations__merchant_id=own).annotate(
                visible_minor=F("allocations__amount_minor")
            )
        attempts = totals.tries().select_related("operation").defer("operation__raw_answer")
        return visible.prefetch_related(
            Prefetch("allocations", queryset=shares), Prefetch("attempts", queryset=attempts)
        )

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Create a payment"),
        request=PaymentCreateSerializer,
        responses={201: PaymentSerializer},
    )
    def create(self, request: Request) -> Response:
        """Record what a payer owes. Nobody is asked for money yet: confirm does that."""
        asked = PaymentCreateSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        wanted = self._wanted(asked.validated_data)

        def deed() -> Answer:
            payment = payments.create_payment(
                wanted, actor=self.principal.actor, at=seen(request).at
            )
            return 201, self._shown(payment.pk)

        response = self.answer_once(request, deed=deed, subject=f"order:{wanted.merchant_order_no}")
        if response.status_code == 201:
            response["Location"] = reverse("payment-detail", args=[response.data["id"]])
        return response

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Confirm a payment"),
        request=PaymentConfirmSerializer,
        responses={200: PaymentSerializer},
        operation_id="payments_confirm",
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Have the payment judged, and ask the channel for it; the answer comes to `attempts`.

        A payment that is refused by risk is `rejected`, and `status_code` says why. One whose
        payer has to type their payment password stays `created`, with the code of the challenge:
        open a checkout session for them, the password is asked for there.

        Confirm again by another method when the payer changes their mind: the try under way is
        closed at its channel first, where it can be, and a new one comes to `attempts` once the
        channel has said that nothing was paid. The same method again changes nothing.
        """
        payment = self._own_payment()
        asked = PaymentConfirmSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def deed() -> Answer:
            switching.confirm_or_switch(
                payment.pk,
                method=asked.validated_data["method"],
                client_ip=asked.validated_data["payer_ip"],
                payer_account=asked.validated_data["payer_account"],
                actor=self.principal.actor,
                at=seen(request).at,
            )
            return 200, self._shown(payment.pk)

        return self.answer_once(request, deed=deed, subject=payment.pk)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Cancel a payment"),
        request=NothingSerializer,
        responses={200: PaymentSerializer},
        operation_id="payments_cancel",
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Close a payment that nobody shall pay any more.

        What was confirmed is `closing` until the channel has said that no money came; it is
        `closed` then, or `paid` if the payer was faster.
        """
        payment = self._own_payment()
        NothingSerializer(data=request.data).is_valid(raise_exception=True)

        def deed() -> Answer:
            closing.cancel_payment(payment.pk, actor=self.principal.actor, at=seen(request).at)
            return 200, self._shown(payment.pk)

        return self.answer_once(request, deed=deed, subject=payment.pk)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Capture a payment"),
        request=CaptureCreateSerializer,
        responses={200: PaymentSerializer},
        operation_id="payments_capture",
    )
    @action(detail=True, methods=["post"])
    def capture(self, request: Request, pk: str) -> Response:
        """Take what is held of an authorised payment: all that is left, or a part.

        The answer comes to `captures`: the payment is `paid` once the channel has taken the first.
        """
        payment = self._own_payment()
        asked = CaptureCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = CaptureRequest(
            payment.pk,
            asked.validated_data["amount"],
            shares=[
                CaptureShareRequest(row["merchant_id"], row["amount"])
                for row in asked.validated_data.get("allocations", ())
            ],
            is_final=asked.validated_data["final"],
            credential_id=self.principal.credential.pk,
        )

        def deed() -> Answer:
            request_capture(wanted, actor=self.principal.actor, at=seen(request).at)
            return 200, self._shown(payment.pk)

        return self._answer_if_known(request, deed=deed, payment_id=payment.pk)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Void a payment"),
        request=NothingSerializer,
        responses={200: PaymentSerializer},
        operation_id="payments_void",
    )
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> Response:
        """Give the payer back what is held and was not taken.

        An authorised payment is `closing` until the channel has confirmed it, and `closed` then;
        one that was captured in part stays `paid`.
        """
        payment = self._own_payment()
        NothingSerializer(data=request.data).is_valid(raise_exception=True)

        def deed() -> Answer:
            voids.void_payment(payment.pk, actor=self.principal.actor, at=seen(request).at)
            return 200, self._shown(payment.pk)

        return self._answer_if_known(request, deed=deed, payment_id=payment.pk)

    def _answer_if_known(
        self, request: Request, *, deed: Callable[[], Answer], payment_id: str
    ) -> Response:
        """Do what follows an order, or have the channel asked what became of that first."""
        try:
            return self.answer_once(request, deed=deed, subject=payment_id)
        except PaymentOutcomeUnknownError:
            payment_questions.have_asked(payment_id, at=seen(request).at)
            raise

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Read what is held and was taken of the shown payments, if any was authorised first."""
        if getattr(self, "swagger_fake_view", False):
            return super().get_serializer(*args, **kwargs)
        shown = args[0] if args else ()
        rows = [shown] if isinstance(shown, Payment) else list(shown)
        amounts.read_what_was_taken(rows, to=self.principal)
        return super().get_serializer(*args, **kwargs)

    def _own_payment(self) -> Payment:
        """Return the payment that the address names. Raises NotFound or ForeignPaymentError."""
        payment: Payment = self.get_object()
        if not self.principal.is_platform and payment.merchant_id != self.principal.merchant_id:
            raise ForeignPaymentError
        return payment

    def _wanted(self, data: dict[str, Any]) -> PaymentRequest:
        """Return the request as the action takes it.

        Raises AllocationMismatchError when money of a merchant's own payment is left to nobody,
        or the platform names no merchant; ForeignPaymentError for a credential that belongs to
        nobody any more.
        """
        merchant_id = self.principal.merchant_id
        if merchant_id is None and not self.principal.is_platform:
            # Without a merchant the action takes the caller for the platform.
            raise ForeignPaymentError
        rows = data.get("allocations")
        if rows is None and merchant_id is not None:
            rows = [{"merchant_id": merchant_id, "amount": data["amount"]}]
        if not rows:
            raise AllocationMismatchError
        if merchant_id is not None and sum(row["amount"] for row in rows) != data["amount"]:
            raise AllocationMismatchError
        return PaymentRequest(
            merchant_order_no=data["merchant_order_no"],
            amount_minor=data["amount"],
            currency=data["currency"],
            allocations=[
                AllocationRequest(merchant_id=row["merchant_id"], amount_minor=row["amount"])
                for row in rows
            ],
            description=data["description"],
            payer_no=data["payer_no"],
            merchant_id=merchant_id,
            credential_id=self.principal.credential.pk,
            metadata=data["metadata"],
            expires_at=data["expires_at"],
            capture_mode=data["capture"],
        )

    def _shown(self, payment_id: str) -> dict[str, Any]:
        """Return the payment as the caller may see it, read anew."""
        payment = self.get_queryset().get(pk=payment_id)
        return dict(self.get_serializer(payment).data)

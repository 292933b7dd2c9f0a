"""Pages to pay on, for partners: checkout sessions for a known payer, payment links for anybody."""

from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import encryption
from payments.actions import payer_sessions
from payments.actions.idempotency import Answer
from payments.actions.payer_sessions import MintedSession
from payments.api.idempotency import KEY_PARAMETER
from payments.api.payments import PaymentDoor
from payments.api.requests import seen
from payments.api.serializers import StrictSerializer
from payments.models import PayerSession


class ReturnUrlField(serializers.CharField):
    """An address of the partner's; what it may look like the action says."""

    def to_internal_value(self, data: Any) -> str:
        """Take a str."""
        if not isinstance(data, str):
            self.fail("invalid")
        value: str = super().to_internal_value(data)
        return value


class PayerSessionCreateSerializer(StrictSerializer):
    """Where the page leads back to, an https:// address of the shop; it may be left out."""

    return_url = ReturnUrlField(
        required=False, allow_blank=True, default="", max_length=500, trim_whitespace=False
    )


class PayerSessionSerializer(serializers.Serializer[PayerSession]):
    """A page to pay on. `checkout_url` is for the payer alone; it is shown to nobody else."""

    id = serializers.CharField()
    object = serializers.SerializerMethodField()
    payment_id = serializers.CharField()
    checkout_url = serializers.SerializerMethodField()
    return_url = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    @extend_schema_field({"type": "string", "enum": ["checkout_session", "payment_link"]})
    def get_object(self, row: PayerSession) -> str:
        """Name the type."""
        return "checkout_session" if row.payer_id else "payment_link"

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_checkout_url(self, row: PayerSession) -> str:
        """Return the token sealed: the answer is kept for replays, and opened as it leaves."""
        return encryption.encrypt(str(self.context["token"]), aad=_place(row.pk))


class _Mint(Protocol):
    def __call__(
        self, payment_id: str, *, return_url: str, actor: str, at: datetime
    ) -> MintedSession: ...


class PayerSessionDoor(PaymentDoor):
    """Pages to pay on, made for one payment."""

    scopes = {"checkout_sessions": "payments:write", "payment_links": "payments:write"}
    deeds = {
        "checkout_sessions": "payer_session.mint",
        "payment_links": "payment_link.mint",
    }
    http_method_names = ["post"]

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Open a checkout session"),
        request=PayerSessionCreateSerializer,
        responses={201: PayerSessionSerializer},
        operation_id="payments_checkout_sessions_create",
    )
    def checkout_sessions(self, request: Request, pk: str) -> Response:
        """Make the page on which the payment's payer chooses a method and pays.

        Send the payer there at once: it lives for 30 minutes, and belongs to the browser that
        opens it first. Only here payers are asked for their payment password.
        """
        return self._minted(request, mint=payer_sessions.mint_session)

    @extend_schema(
        parameters=[KEY_PARAMETER],
        summary=_("Make a payment link"),
        request=PayerSessionCreateSerializer,
        responses={201: PayerSessionSerializer},
        operation_id="payments_payment_links_create",
    )
    def payment_links(self, request: Request, pk: str) -> Response:
        """Make a page on which whoever has the link can pay a payment that names no payer.

        It lives as long as the payment.
        """
        return self._minted(request, mint=payer_sessions.mint_link)

    def _minted(self, request: Request, *, mint: _Mint) -> Response:
        payment = self._own_payment()
        asked = PayerSessionCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)

        def deed() -> Answer:
            minted = mint(
                payment.pk,
                return_url=asked.validated_data["return_url"],
                actor=self.principal.actor,
                at=seen(request).at,
            )
            shown = PayerSessionSerializer(minted.session, context={"token": minted.token})
            return 201, dict(shown.data)

        response = self.answer_once(request, deed=deed, subject=payment.pk)
        if response.status_code == 201:
            response.data["checkout_url"] = _opened(response.data)
        return response


def _opened(answer: dict[str, Any]) -> str:
    """Return the address of the page that a kept answer is about."""
    token = encryption.decrypt(answer["checkout_url"], aad=_place(answer["id"]))
    return f"{settings.PUBLIC_URL}/checkout/{token}"


def _place(session_id: str) -> str:
    return f"payments_idempotencyrecord|checkout_url|{session_id}"

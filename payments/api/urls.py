"""Addresses of taking money in the partner API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from payments.api.balance_transactions import LineDoor
from payments.api.payer_sessions import PayerSessionDoor
from payments.api.payment_links import PaymentLinkDoor
from payments.api.payments import PaymentDoor
from payments.api.refunds import RefundDoor
from payments.api.whoami import WhoamiDoor

router = SimpleRouter(trailing_slash=False)
router.register("payments", PaymentDoor, basename="payment")
router.register("payment_links", PaymentLinkDoor, basename="payment-link")
router.register("refunds", RefundDoor, basename="refund")
router.register("balance_transactions", LineDoor, basename="balance-transaction")

urlpatterns = [
    path("whoami", WhoamiDoor.as_view({"get": "retrieve"}), name="whoami"),
    path(
        "payments/<str:pk>/checkout_sessions",
        PayerSessionDoor.as_view({"post": "checkout_sessions"}),
        name="payment-checkout-sessions",
    ),
    path(
        "payments/<str:pk>/payment_links",
        PayerSessionDoor.as_view({"post": "payment_links"}),
        name="payment-payment-links",
    ),
    *router.urls,
]

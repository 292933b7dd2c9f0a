"""Addresses of taking money in the partner API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from payments.api.balance_transactions import LineDoor
from payments.api.payments import PaymentDoor
from payments.api.whoami import WhoamiDoor

router = SimpleRouter(trailing_slash=False)
router.register("payments", PaymentDoor, basename="payment")
router.register("balance_transactions", LineDoor, basename="balance-transaction")

urlpatterns = [
    path("whoami", WhoamiDoor.as_view({"get": "retrieve"}), name="whoami"),
    *router.urls,
]

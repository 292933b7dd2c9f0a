"""Addresses of paying out in the partner API."""

from rest_framework.routers import SimpleRouter

from settlements.api.balances import BalanceDoor
from settlements.api.settlements import SettlementDoor

router = SimpleRouter(trailing_slash=False)
router.register("settlements", SettlementDoor, basename="settlement")
router.register("balances", BalanceDoor, basename="balance")

urlpatterns = router.urls

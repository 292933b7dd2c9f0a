"""What the tests of resolutions and their neighbours share."""

from payments.models import (
    ParkedMoney,
    Refund,
)
from payments.parked_states import ResolutionWay
from settlements.queries.integrity import verify

ACCEPT, REFUND = ResolutionWay.ACCEPT, ResolutionWay.REFUND


def now(parked: ParkedMoney) -> tuple[str, str, str]:
    """Where money, its payment, and the payment's reason stand."""
    row = ParkedMoney.objects.select_related("payment").get(pk=parked.pk)
    return row.status, row.payment.status, row.payment.status_code


def refund_of(parked: ParkedMoney) -> Refund:
    return Refund.objects.filter(parked=parked).latest("created_at", "pk")


def wrongs() -> list[object]:
    return list(verify().violations)

"""What workers do for payments. Each reads its arguments, calls one action, and may run twice."""

from datetime import datetime

from ledger.jobs import task
from payments.actions import attempts, maturity
from payments.models import MerchantAccount
from payments.queries.calendar import business_date_of


@task("payments.send_attempt")
def send_attempt(*, attempt_id: str, at: datetime) -> None:
    """Place a prepared order at its channel."""
    attempts.send_attempt(attempt_id, at=at)


@task("payments.query_attempt")
def query_attempt(*, attempt_id: str, at: datetime) -> None:
    """Ask a channel what became of an order."""
    attempts.query_attempt(attempt_id, at=at)


@task("payments.janitor")
def janitor(*, at: datetime) -> None:
    """Have every order looked after that is due or whose sender died."""
    attempts.defer_due(at=at)


@task("payments.mature")
def mature(*, at: datetime) -> None:
    """Make available what is due on the business day of `at`, in every currency."""
    for currency in (
        MerchantAccount.objects.order_by("currency").values_list("currency", flat=True).distinct()
    ):
        maturity.mature(
            currency=currency,
            business_date=business_date_of(at),
            actor="task:payments.mature",
            at=at,
        )

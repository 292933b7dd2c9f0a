"""What workers do for the books. Each calls one action, and may run twice."""

from datetime import datetime

from ledger.actions import approval_ends, seals
from ledger.jobs import task


@task("ledger.seal", queue="care", is_round=True)
def seal(*, at: datetime) -> None:
    """Seal what is settled, and publish the end of the chain; `at` decides nothing."""
    seals.seal_all()


@task("ledger.expire_approvals", is_round=True)
def expire_approvals(*, at: datetime) -> None:
    """End requests on which nobody decided in time, or which nobody carried out, at `at`."""
    approval_ends.expire_due(actor="task:ledger.expire_approvals", at=at)

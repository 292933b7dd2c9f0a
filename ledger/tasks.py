"""What workers do for the books. Each calls one action, and may run twice."""

from datetime import datetime

from ledger.actions import seals
from ledger.jobs import task


@task("ledger.seal")
def seal(*, at: datetime) -> None:
    """Seal what is settled, and publish the end of the chain; `at` decides nothing."""
    seals.seal_all()

"""Rows to seal, and transactions that hold sealing up."""

import pytest

from ledger.models import JournalEntry
from tests.rig.sealing import seal_everything


@pytest.fixture(autouse=True)
def configuration_is_sealed():
    """Seal what migrations wrote, so that a test sees its own rows only."""
    seal_everything()


def entries() -> list[int]:
    return list(JournalEntry.objects.order_by("pk").values_list("pk", flat=True))

"""What the tests of laws of seals and their neighbours share."""

import pytest

from ledger import heads
from ledger.models import Seal
from ledger.queries import laws_of_seals as laws
from ledger.queries.integrity import Report, verify_laws
from tests.ledger.queries.test_integrity import post
from tests.rig.sealing import seal_everything


def proof() -> Report:
    """Ask the laws of seals, as verify_books does first."""
    return verify_laws(laws.laws_of_seals(heads.published()))


def first_difference() -> str:
    """Return what the first violation is about; nothing when all is sound."""
    violations = proof().violations
    return violations[0].subject if violations else ""


def differences() -> list[str]:
    return [f"{one.subject}: {one.expected} / {one.found}" for one in proof().violations]


# --- seals themselves ---------------------------------------------------------------------------


@pytest.fixture
def few() -> int:
    """Seal two entries in runs of their own; return the number of the second's block."""
    post("one")
    seal_everything()
    post("two", amount_minor=70)
    seal_everything()
    return Seal.objects.filter(stream="entries").order_by("-number").first().number

"""What came of the last proof of the books."""

from dataclasses import dataclass
from datetime import datetime

from ledger import checkpoints
from ledger.models import AuditEntry, Seal

SUBJECT = "books"
PROVED = "books.proved"
BROKEN = "books.not_sound"


@dataclass(frozen=True, slots=True)
class LastProof:
    """When all laws were asked for the last time on record, and what broke first if any did."""

    at: datetime
    is_sound: bool
    first_difference: str


def last_proof() -> LastProof | None:
    """Return the last proof on record, or None if there was none."""
    row = AuditEntry.objects.filter(subject=SUBJECT, action__in=[PROVED, BROKEN]).first()
    if row is None:
        return None
    return LastProof(at=row.at, is_sound=row.action == PROVED, first_difference=row.reason)


def last_proved_block() -> int:
    """Return the block up to which rows are proved; 0 if none is, or the note is not ours.

    The note beside the heads counts only while the chain still has the block that it names.
    """
    note = checkpoints.read()
    if note is None:
        return 0
    block = Seal.objects.filter(number=note.number).defer("ids", "leaves").first()
    return note.number if block is not None and bytes(block.hmac) == note.hmac else 0

"""Putting on record that the books were proved, or were not."""

import logging
from datetime import datetime

from django.db import transaction

from ledger import checkpoints
from ledger.actions.audit import record_audit
from ledger.models import Seal
from ledger.queries.integrity import Report
from ledger.queries.proofs import BROKEN, PROVED, SUBJECT

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def record_proof(report: Report, *, actor: str, at: datetime) -> None:
    """Write what a proof of everything came to into the audit trail; the home page tells it.

    A sound one is also noted beside the published heads, so that the next may begin there.
    """
    first = report.first_violation
    record_audit(
        action=PROVED if report.is_sound else BROKEN,
        subject=SUBJECT,
        actor=actor,
        at=at,
        reason="" if first is None else f"{first.law}: {first.subject}"[:500],
        after={"laws": len(report.results), "checked": report.counts},
    )
    if first is None:
        note_proof(report)
    else:
        logger.error("books: %s %s is not sound", first.law, first.subject)


def note_proof(report: Report) -> None:
    """Note beside the heads up to which block a sound proof went. It writes no row.

    The block is the last one that the proof has seen, whatever was sealed meanwhile.
    """
    assert report.is_sound, "only a sound proof is one to begin after"
    block = Seal.objects.filter(number=report.counts.get("seals_follow", 0)).first()
    if block is not None:
        checkpoints.write(number=block.number, hmac=bytes(block.hmac))

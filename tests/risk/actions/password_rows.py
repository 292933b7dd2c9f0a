"""What the tests of passwords and their neighbours share."""

from ledger.models import AuditEntry
from payments.models import Event
from risk.pins import PasswordOwner
from tests.factories.passwords import (
    password_of,
)


def told(owner: PasswordOwner) -> list[str]:
    """Return what the audit trail and the outbox say of the owner's password, in order."""
    subject = password_of(owner).pk
    audit = list(AuditEntry.objects.filter(subject=subject).order_by("pk"))
    events = list(Event.objects.filter(subject=subject).order_by("sequence"))
    assert [row.action for row in audit] == [event.kind for event in events]
    return [row.action for row in audit]

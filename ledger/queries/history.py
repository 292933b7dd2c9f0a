"""The configuration's history: what changed of a row, and which deed it was."""

from collections.abc import Collection

from django.db import connection

from ledger.models import AuditEntry, ConfigurationChange

CHANGES_MAX = 100
"""A page tells the newest of what changed; the list has the rest."""


def changes_of(table: str, row_id: str) -> list[ConfigurationChange]:
    """Return what ever changed of one row, the newest first."""
    return list(ConfigurationChange.objects.filter(table_name=table, row_id=row_id)[:CHANGES_MAX])


def deeds_behind(change_ids: Collection[int]) -> dict[int, list[AuditEntry]]:
    """Return by change the audit rows that its transaction wrote, in two queries.

    None where somebody changed it past our actions: then only the database role is known.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, a.id FROM ledger_configurationchange c"
            " JOIN ledger_auditentry a ON a.xact = c.xact"
            # Numbers of transactions repeat in a restored database; none takes an hour.
            "  AND abs(extract(epoch FROM a.recorded_at - c.recorded_at)) < 3600"
            " WHERE c.id = ANY (%s) ORDER BY a.id",
            [list(change_ids)],
        )
        pairs = cursor.fetchall()
    entries = AuditEntry.objects.in_bulk({entry_id for _change_id, entry_id in pairs})
    found: dict[int, list[AuditEntry]] = {}
    for change_id, entry_id in pairs:
        found.setdefault(change_id, []).append(entries[entry_id])
    return found

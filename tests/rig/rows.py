"""What a deed wrote: how many rows each table gained."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# What a refusal about money may leave behind: its own line in the audit trail.
ITS_OWN_REFUSAL = {"ledger_auditentry": 1}
# The same under an Idempotency-Key: the kept answer as well.
ITS_KEPT_REFUSAL = {"ledger_auditentry": 1, "payments_idempotencyrecord": 1}


def row_counts() -> dict[str, int]:
    """Return the number of rows of every table that the application may read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(oid, 'SELECT') ORDER BY relname"
        )
        names = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
        parts = [f"SELECT '{name[1:-1]}', count(*) FROM {name}" for name in names]  # noqa: S608
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def gained(before: dict[str, int]) -> dict[str, int]:
    """Return which tables hold more or fewer rows than `before`, and by how many."""
    after = row_counts()
    return {
        name: after[name] - before.get(name, 0)
        for name in after
        if after[name] != before.get(name, 0)
    }


@contextmanager
def nothing_written(*, but: dict[str, int] | None = None) -> Iterator[None]:
    """Assert that a block leaves no row behind but what `but` names, exactly."""
    before = row_counts()
    yield
    found = gained(before)
    assert found == (but or {}), f"rows gained: {found}"

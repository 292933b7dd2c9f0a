"""Make the lines law: allocations add up, states move by their table, lines equal the books.

The SQL stands beside this file with its undo; the moves of each noun are those of
`payments/states.py`, and a test compares the two.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent
WRITTEN_ONCE = (
    "payments_paymentallocation",
    "payments_balancetransaction",
    "payments_event",
    "payments_channelnotification",
    "payments_feeplan",
)
NEVER_DELETED = (
    "payments_payment",
    "payments_paymentattempt",
    "payments_channeloperation",
    "payments_merchant",
    "payments_merchantaccount",
    "payments_channelaccount",
)


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in WRITTEN_ONCE:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
    for table in NEVER_DELETED:
        schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in (*WRITTEN_ONCE, *NEVER_DELETED):
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("ledger", "0002_books_are_law")]

    operations = [
        migrations.RunSQL(
            (HERE / "0002_lines_are_law.sql").read_text(),
            (HERE / "0002_lines_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

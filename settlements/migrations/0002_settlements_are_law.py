"""Make settlements law: sums, four eyes, one payout; then take rights away.

The SQL stands beside this file with its undo. No role of ours deletes a settlement, a payout or
a bill; the application role may not even try.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent
WRITTEN_ONCE = ("settlements_paymentfile", "settlements_bill", "settlements_settlementbatch")
NEVER_DELETED = (
    "settlements_settlement",
    "settlements_settlementitem",
    "settlements_payout",
    "settlements_destination",
    "settlements_billline",
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
    dependencies = [
        ("settlements", "0001_initial"),
        ("ledger", "0002_books_are_law"),
        ("payments", "0002_lines_are_law"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0002_settlements_are_law.sql").read_text(),
            (HERE / "0002_settlements_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

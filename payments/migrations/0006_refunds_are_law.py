"""Make refunds law: never more than was paid, their sums, their moves, their two people.

The SQL stands beside this file with its undo; the moves of each noun are those of
`payments/states.py`, and a test compares the two.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    schema_editor.execute(
        f"REVOKE UPDATE, DELETE, TRUNCATE ON payments_refundallocation FROM {quoted}"
    )
    schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON payments_refund FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in ("payments_refundallocation", "payments_refund"):
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_refunds_and_sessions")]

    operations = [
        migrations.RunSQL(
            (HERE / "0006_refunds_are_law.sql").read_text(),
            (HERE / "0006_refunds_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

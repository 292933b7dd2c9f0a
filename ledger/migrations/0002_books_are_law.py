"""Make the books law: triggers, guards and the posting function; then take rights away.

The SQL stands beside this file with its undo. The application role keeps INSERT and SELECT on
what is written once, and SELECT alone on balances, which move by the posting's trigger.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent
WRITTEN_ONCE = (
    "ledger_account",
    "ledger_journalentry",
    "ledger_posting",
    "ledger_auditentry",
    "ledger_approvaldecision",
)
READ_ONLY = ("ledger_accountbalance",)


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in WRITTEN_ONCE:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
    for table in READ_ONLY:
        schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
    schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON ledger_approvalrequest FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in (*WRITTEN_ONCE, *READ_ONLY, "ledger_approvalrequest"):
        schema_editor.execute(f"GRANT INSERT, UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(
            (HERE / "0002_books_are_law.sql").read_text(),
            (HERE / "0002_books_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

"""Make judging law: judgements are written once, limits end, counters cannot be overrun.

The SQL stands beside this file with its undo. The application role keeps INSERT and SELECT on
what is written once, and may delete nothing.
"""

from pathlib import Path

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

HERE = Path(__file__).parent
WRITTEN_ONCE = ("risk_screening", "risk_limitrelease")
NEVER_DELETED = ("risk_limit", "risk_limitcounter")


def _take_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in WRITTEN_ONCE:
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
    for table in NEVER_DELETED:
        schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM {quoted}")


def _give_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in (*WRITTEN_ONCE, *NEVER_DELETED):
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [("risk", "0002_default_limits"), ("ledger", "0002_books_are_law")]

    operations = [
        migrations.RunSQL(
            (HERE / "0003_judgements_are_law.sql").read_text(),
            (HERE / "0003_judgements_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

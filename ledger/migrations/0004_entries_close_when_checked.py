"""Close an entry with the first check of its laws, also when that comes before COMMIT.

The SQL stands beside this file with its undo. The count of checks is a sequence that nobody but
the checks may touch.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

HERE = Path(__file__).parent


def _keep_the_count_to_the_checks(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is not None:
        quoted = schema_editor.quote_name(role)
        schema_editor.execute(f"REVOKE ALL ON SEQUENCE ledger_checks FROM {quoted}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_requests_move_by_their_table")]

    operations = [
        migrations.RunSQL(
            (HERE / "0004_entries_close_when_checked.sql").read_text(),
            (HERE / "0004_entries_close_when_checked.undo.sql").read_text(),
        ),
        migrations.RunPython(_keep_the_count_to_the_checks, migrations.RunPython.noop),
    ]

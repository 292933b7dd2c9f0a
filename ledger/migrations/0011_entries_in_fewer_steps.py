"""Post entries in fewer steps. The SQL stands beside this file with its undo."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_role_changes"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0011_entries_in_fewer_steps.sql").read_text(),
            (HERE / "0011_entries_in_fewer_steps.undo.sql").read_text(),
        ),
    ]

"""Close an entry to lines once they were checked, and see lines of merchants without account.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_lines_are_law"),
        ("ledger", "0004_entries_close_when_checked"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0003_lines_close_with_their_entry.sql").read_text(),
            (HERE / "0003_lines_close_with_their_entry.undo.sql").read_text(),
        ),
    ]

"""Close a settlement to further items with the first check of its hold entry."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0005_roles"),
        ("ledger", "0004_entries_close_when_checked"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0006_items_close_when_checked.sql").read_text(),
            (HERE / "0006_items_close_when_checked.undo.sql").read_text(),
        ),
    ]

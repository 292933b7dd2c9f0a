"""Let people get and lose roles by two others only. The SQL stands beside this with its undo."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0009_configuration_history"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0010_role_changes.sql").read_text(),
            (HERE / "0010_role_changes.undo.sql").read_text(),
        ),
        migrations.AlterModelOptions(
            name="journalentry",
            options={
                "ordering": ["-id"],
                "permissions": [("export_books", "Can export the books as files")],
                "verbose_name": "journal entry",
                "verbose_name_plural": "journal entries",
            },
        ),
    ]

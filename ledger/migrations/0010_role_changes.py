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
        migrations.AlterModelOptions(
            name="approvalrequest",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("decide_approvals", "Can decide on requests of others"),
                    ("decide_as_head", "Can decide as finance head"),
                    ("request_roles", "Can ask for other roles of people"),
                    ("approve_roles", "Can agree to other roles of people"),
                    ("lock_out_staff", "Can lock people out"),
                ],
                "verbose_name": "approval request",
                "verbose_name_plural": "approval requests",
            },
        ),
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

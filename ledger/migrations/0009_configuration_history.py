"""Keep the history of the configuration, and begin it for the people who may sign in.

The SQL stands beside this file with its undo. The application role may read the history and
write none of it: its triggers write as their definer.
"""

from pathlib import Path

import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

HERE = Path(__file__).parent


def _take_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    schema_editor.execute(
        "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_configurationchange FROM " + quoted
    )
    schema_editor.execute("REVOKE ALL ON SEQUENCE ledger_configurationchange_id_seq FROM " + quoted)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_tiers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConfigurationChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table_name", models.CharField(max_length=63, verbose_name="table")),
                ("row_id", models.CharField(blank=True, max_length=64, verbose_name="row")),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("S", "found when the history began"),
                            ("I", "added"),
                            ("U", "changed"),
                            ("D", "deleted"),
                            ("T", "table emptied"),
                        ],
                        max_length=1,
                        verbose_name="what happened",
                    ),
                ),
                ("before", models.JSONField(blank=True, null=True, verbose_name="before")),
                ("after", models.JSONField(blank=True, null=True, verbose_name="after")),
                ("database_role", models.CharField(max_length=63, verbose_name="database role")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="recorded at",
                    ),
                ),
            ],
            options={
                "verbose_name": "configuration change",
                "verbose_name_plural": "configuration history",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("operation__in", ["S", "I", "U", "D", "T"])),
                        name="ledger_configurationchange_operation",
                    )
                ],
                "indexes": [
                    models.Index(
                        fields=["table_name", "row_id", "id"], name="ledger_history_of_row"
                    )
                ],
            },
        ),
        # The story of one request: all that it wrote.
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("request_id", ""), _negated=True),
                fields=["request_id"],
                name="ledger_audit_request",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0009_configuration_history.sql").read_text(),
            (HERE / "0009_configuration_history.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

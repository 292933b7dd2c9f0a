"""Make the table of seals, and have audit rows and decisions remember who wrote them.

The SQL stands beside this file with its undo. The application role may read and add seals.
"""

from pathlib import Path
from typing import Any

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models

HERE = Path(__file__).parent


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is not None:
        quoted = schema_editor.quote_name(role)
        schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON ledger_seal FROM {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_accounts_are_of_their_codes_nature"),
    ]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "number",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, verbose_name="number"
                    ),
                ),
                ("stream", models.CharField(max_length=20, verbose_name="stream")),
                ("form", models.PositiveSmallIntegerField(verbose_name="form of the leaves")),
                ("first_id", models.BigIntegerField(verbose_name="first row")),
                ("last_id", models.BigIntegerField(verbose_name="last row")),
                ("count", models.PositiveIntegerField(verbose_name="rows")),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="members"
                    ),
                ),
                ("leaves", models.BinaryField(verbose_name="leaves")),
                ("totals", models.JSONField(verbose_name="totals")),
                ("root", models.BinaryField(max_length=32, verbose_name="Merkle root")),
                (
                    "previous_hmac",
                    models.BinaryField(max_length=32, verbose_name="hash of the block before"),
                ),
                ("hmac", models.BinaryField(max_length=32, verbose_name="keyed hash")),
                ("key_id", models.CharField(max_length=40, verbose_name="key")),
                ("cluster", models.BigIntegerField(verbose_name="database cluster")),
                ("floor", models.BigIntegerField(verbose_name="complete below transaction")),
                ("sealed_at", models.DateTimeField(verbose_name="sealed at")),
            ],
            options={
                "verbose_name": "seal",
                "verbose_name_plural": "seals",
                "ordering": ["-number"],
                "indexes": [models.Index(fields=["stream", "-number"], name="ledger_seal_stream")],
            },
        ),
        migrations.RunSQL(
            (HERE / "0006_seals.sql").read_text(), (HERE / "0006_seals.undo.sql").read_text()
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

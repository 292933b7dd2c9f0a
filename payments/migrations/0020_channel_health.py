"""Note how channels answer, and keep what examinations of them found.

The SQL stands beside this file with its undo. Going back forgets both.
"""

import functools
from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers

HERE = Path(__file__).parent


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    written_once = "payments_channelexamination"
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {written_once} FROM {quoted}")
    # Calls are forgotten after a while, and never changed.
    schema_editor.execute(f"REVOKE UPDATE, TRUNCATE ON payments_channelcall FROM {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0019_keys_are_agreed"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelExamination",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("exm",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("asked_by", models.CharField(max_length=90, verbose_name="asked by")),
                ("examined_at", models.DateTimeField(verbose_name="examined at")),
                ("errors", models.PositiveIntegerField(verbose_name="errors")),
                ("warnings", models.PositiveIntegerField(verbose_name="warnings")),
                ("findings", models.JSONField(verbose_name="findings")),
                (
                    "channel_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="examinations",
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
            ],
            options={
                "verbose_name": "examination of a channel account",
                "verbose_name_plural": "examinations of channel accounts",
                "ordering": ["-id"],
                "permissions": [("examine_channelaccount", "Can have channel accounts examined")],
            },
        ),
        migrations.CreateModel(
            name="ChannelCall",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="id")),
                ("called_at", models.DateTimeField(verbose_name="called at")),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("answered", "answered"),
                            ("failed", "failed"),
                            ("unknown", "unknown"),
                            ("no_answer", "no answer"),
                            ("not_connected", "not connected"),
                        ],
                        max_length=13,
                        verbose_name="result",
                    ),
                ),
                ("millis", models.PositiveIntegerField(verbose_name="milliseconds")),
                (
                    "channel_account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
            ],
            options={
                "verbose_name": "call of a channel",
                "verbose_name_plural": "calls of channels",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        fields=["channel_account", "called_at"], name="payments_call_recent"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "result__in",
                                ["answered", "failed", "unknown", "no_answer", "not_connected"],
                            )
                        ),
                        name="payments_call_result",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0020_channel_health.sql").read_text(),
            (HERE / "0020_channel_health.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

"""Keep what a channel's breaker knows, and who holds its orders back.

The laws of holds stand beside this file with their undo.
"""

import functools
from pathlib import Path
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers

HERE = Path(__file__).parent
TABLES = ("payments_channelbreaker", "payments_sendinghold")


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in TABLES:
        schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in TABLES:
        schema_editor.execute(f"GRANT DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0012_orders_of_many_kinds"),
        ("ledger", "0012_people_in_one_form"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="channeloperation",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    (
                        "request_resolution",
                        "Can ask that an order's outcome is taken from evidence",
                    ),
                    ("approve_resolution", "Can agree to an order's outcome by evidence"),
                ],
                "verbose_name": "channel operation",
                "verbose_name_plural": "channel operations",
            },
        ),
        migrations.CreateModel(
            name="ChannelBreaker",
            fields=[
                (
                    "channel_account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="breaker",
                        serialize=False,
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
                (
                    "failed_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(),
                        default=list,
                        size=None,
                        verbose_name="last failures",
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="open since"),
                ),
                (
                    "probe_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="next try at"),
                ),
                ("pauses", models.PositiveIntegerField(default=0, verbose_name="tries since")),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", max_length=300, verbose_name="last failure"
                    ),
                ),
            ],
            options={
                "verbose_name": "breaker",
                "verbose_name_plural": "breakers",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("opened_at", None), ("probe_at", None)),
                            models.Q(("opened_at__isnull", False), ("probe_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="payments_breaker_is_tried",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SendingHold",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("hld",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "covers",
                    models.CharField(
                        choices=[("payouts", "payouts"), ("everything", "everything that is sent")],
                        max_length=10,
                        verbose_name="holds back",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("placed_by", models.CharField(max_length=90, verbose_name="placed by")),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                (
                    "released_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="released at"),
                ),
                (
                    "approval",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.approvalrequest",
                        verbose_name="release asked for",
                    ),
                ),
                (
                    "channel_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sending_holds",
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
            ],
            options={
                "verbose_name": "hold of sending",
                "verbose_name_plural": "holds of sending",
                "ordering": ["-placed_at", "-id"],
                "permissions": [
                    ("place_sendinghold", "Can hold back what is sent to channels"),
                    ("request_release", "Can ask that a hold of sending is released"),
                    ("approve_release", "Can agree that a hold of sending is released"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["channel_account"],
                        name="payments_hold_stands",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("covers__in", ["payouts", "everything"])),
                        name="payments_hold_covers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_at", None), ("approval__isnull", False), _connector="OR"
                        ),
                        name="payments_hold_released_by_two",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0013_breakers_and_holds.sql").read_text(),
            (HERE / "0013_breakers_and_holds.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

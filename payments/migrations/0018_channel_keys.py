"""Keep the keys of a channel account that are proposed or replaced, so that they can overlap.

The SQL stands beside this file with its undo. Going back forgets keys that are not in use.
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
    if role is not None:
        quoted = schema_editor.quote_name(role)
        schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON payments_channelkeyset FROM {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_routing"),
        ("ledger", "0012_people_in_one_form"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelKeySet",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("cks",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "waits for another person"),
                            ("dropped", "not agreed to"),
                            ("former", "replaced, verifies for a while"),
                            ("retired", "retired"),
                        ],
                        default="proposed",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                (
                    "private_key_encrypted",
                    models.TextField(
                        blank=True, default="", verbose_name="private key (encrypted)"
                    ),
                ),
                (
                    "api_key_encrypted",
                    models.TextField(blank=True, default="", verbose_name="APIv3 key (encrypted)"),
                ),
                (
                    "channel_public_key",
                    models.TextField(blank=True, default="", verbose_name="channel's public key"),
                ),
                (
                    "key_serial",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="our key's serial"
                    ),
                ),
                (
                    "channel_key_id",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="channel's key id"
                    ),
                ),
                (
                    "root_cert_serial",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=400,
                        verbose_name="root certificates' serials",
                    ),
                ),
                (
                    "gateway_url",
                    models.URLField(blank=True, default="", max_length=300, verbose_name="gateway"),
                ),
                ("facts", models.JSONField(default=dict, verbose_name="what may be shown")),
                ("entered_by", models.CharField(max_length=90, verbose_name="entered by")),
                ("entered_at", models.DateTimeField(verbose_name="entered at")),
                (
                    "retires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="verifies until"),
                ),
                (
                    "approval",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.approvalrequest",
                        verbose_name="approval",
                    ),
                ),
                (
                    "channel_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="key_sets",
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
            ],
            options={
                "verbose_name": "key set",
                "verbose_name_plural": "key sets",
                "ordering": ["-entered_at", "-id"],
                "permissions": [
                    ("enter_keys", "Can enter keys and gateways of channel accounts"),
                    ("approve_keys", "Can agree to keys and gateways of channel accounts"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "dropped", "former", "retired"])
                        ),
                        name="payments_key_set_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "dropped"]),
                            ("retires_at__isnull", False),
                            _connector="OR",
                        ),
                        name="payments_key_set_retires",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["proposed", "former"]),
                            models.Q(("api_key_encrypted", ""), ("private_key_encrypted", "")),
                            _connector="OR",
                        ),
                        name="payments_key_set_forgets",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0018_channel_keys.sql").read_text(),
            (HERE / "0018_channel_keys.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

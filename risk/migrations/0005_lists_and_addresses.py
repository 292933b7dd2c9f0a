"""Keep the block list, bound networks and payers' addresses; nothing of it is ever deleted.

The SQL stands beside this file with its undo.
"""

import functools
from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import ledger.identifiers

HERE = Path(__file__).parent
NEVER_DELETED = ("risk_blocklistentry", "risk_boundnetwork", "risk_payeraddress")


def _take_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in NEVER_DELETED:
        schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM {quoted}")


def _give_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in NEVER_DELETED:
        schema_editor.execute(f"GRANT DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_refunds_are_law"),
        ("risk", "0004_passwords"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlockListEntry",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("blk",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("address", "address or network"),
                            ("payer", "payer"),
                            ("account", "account"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("value", models.CharField(max_length=64, verbose_name="value")),
                ("label", models.CharField(max_length=80, verbose_name="what is blocked")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("created_by", models.CharField(max_length=80, verbose_name="blocked by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="expires at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "block list entry",
                "verbose_name_plural": "block list entries",
                "ordering": ["-created_at", "-id"],
                "permissions": [("change_block_list", "Can block and unblock")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["address", "payer", "account"]),
                            models.Q(("value", ""), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                        ),
                        name="risk_block_says_what_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_at", None),
                            ("expires_at__gt", models.F("created_at")),
                            _connector="OR",
                        ),
                        name="risk_block_validity",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("kind", "value"),
                        name="risk_block_one_in_force",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BoundNetwork",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("net",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "subject_kind",
                    models.CharField(
                        choices=[("payer", "payer"), ("merchant", "merchant")],
                        max_length=10,
                        verbose_name="binds",
                    ),
                ),
                ("subject_id", models.CharField(max_length=40, verbose_name="whom")),
                ("network", models.CharField(max_length=43, verbose_name="network")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("created_by", models.CharField(max_length=80, verbose_name="bound by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ],
            options={
                "verbose_name": "bound network",
                "verbose_name_plural": "bound networks",
                "ordering": ["-created_at", "-id"],
                "permissions": [("bind_network", "Can bind payers and merchants to networks")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("subject_kind__in", ["payer", "merchant"])),
                        name="risk_bound_kind",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("subject_id", "network"),
                        name="risk_bound_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayerAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.GenericIPAddressField(verbose_name="address")),
                (
                    "country",
                    models.CharField(blank=True, default="", max_length=2, verbose_name="country"),
                ),
                (
                    "province",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="province"
                    ),
                ),
                ("first_used_at", models.DateTimeField(verbose_name="first used at")),
                ("last_used_at", models.DateTimeField(verbose_name="last used at")),
                (
                    "payer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addresses",
                        to="payments.payer",
                        verbose_name="payer",
                    ),
                ),
            ],
            options={
                "verbose_name": "payer's address",
                "verbose_name_plural": "payers' addresses",
                "ordering": ["-last_used_at"],
                "indexes": [
                    models.Index(fields=["payer", "-last_used_at"], name="risk_address_latest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("payer", "address"), name="risk_payer_address_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0005_lists_and_addresses.sql").read_text(),
            (HERE / "0005_lists_and_addresses.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

"""Keep payment and settlement passwords, and the tokens that they buy; both are law.

The SQL stands beside this file with its undo. The application role deletes neither.
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
NEVER_DELETED = ("risk_paymentpassword", "risk_paymenttoken")


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
        ("risk", "0003_judgements_are_law"),
        ("ledger", "0002_books_are_law"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentPassword",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("ppw",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "owner_kind",
                    models.CharField(
                        choices=[("payer", "payer"), ("member", "merchant member")],
                        max_length=10,
                        verbose_name="whose",
                    ),
                ),
                ("owner_id", models.CharField(max_length=40, verbose_name="owner")),
                (
                    "encoded",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="hash"),
                ),
                (
                    "pepper_version",
                    models.CharField(blank=True, default="", max_length=40, verbose_name="pepper"),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                (
                    "attempts_ever",
                    models.PositiveBigIntegerField(default=0, verbose_name="attempts ever"),
                ),
                (
                    "lock_level",
                    models.PositiveSmallIntegerField(default=0, verbose_name="lock level"),
                ),
                (
                    "locked_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="locked until"),
                ),
                (
                    "frozen_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="payouts rest until"),
                ),
                ("set_at", models.DateTimeField(verbose_name="set at")),
            ],
            options={
                "verbose_name": "payment password",
                "verbose_name_plural": "payment passwords",
                "ordering": ["-id"],
                "permissions": [
                    ("request_password_relief", "Can ask for a payment password's unlock or reset"),
                    ("decide_password_relief", "Can decide on unlocks and resets of others"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_kind", "owner_id"), name="risk_password_one_each"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owner_kind__in", ["payer", "member"])),
                        name="risk_password_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("encoded", ""), ("encoded__startswith", "$argon2id$"), _connector="OR"
                        ),
                        name="risk_password_is_argon2id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("attempts__lte", 5), ("lock_level__lte", 3)),
                        name="risk_password_lock",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "password_version",
                    models.PositiveIntegerField(verbose_name="version of the password"),
                ),
                (
                    "token_sha256",
                    models.BinaryField(max_length=32, unique=True, verbose_name="token's SHA-256"),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[("payment", "payment"), ("settlement", "settlement")],
                        max_length=12,
                        verbose_name="deed",
                    ),
                ),
                ("subject", models.CharField(db_index=True, max_length=40, verbose_name="for")),
                (
                    "binding_sha256",
                    models.BinaryField(max_length=32, verbose_name="binding's SHA-256"),
                ),
                (
                    "client_ip",
                    models.GenericIPAddressField(
                        blank=True, null=True, verbose_name="client address"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="used at")),
                (
                    "password",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="risk.paymentpassword",
                        verbose_name="password",
                    ),
                ),
            ],
            options={
                "verbose_name": "payment token",
                "verbose_name_plural": "payment tokens",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("deed__in", ["payment", "settlement"])),
                        name="risk_token_deed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("used_at", None),
                            ("used_at__lte", models.F("expires_at")),
                            _connector="OR",
                        ),
                        name="risk_token_used_in_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0004_passwords.sql").read_text(),
            (HERE / "0004_passwords.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

"""Let money be held first, and taken in parts or given back.

The SQL stands beside this file with its undo; the moves are those of `payments/states.py`, and a
test compares the two.
"""

from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations, models

from ledger.identifiers import new_id

HERE = Path(__file__).parent
CHANGED = ("payments_authorisation", "payments_capture", "payments_void")


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON payments_captureshare FROM {quoted}")
    schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON {', '.join(CHANGED)} FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in ("payments_captureshare", *CHANGED):
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0013_breakers_and_holds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=partial(new_id, "aut"),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("is_spare", models.BooleanField(default=False, verbose_name="not wanted")),
                ("authorised_at", models.DateTimeField(verbose_name="authorised at")),
                ("expires_at", models.DateTimeField(verbose_name="held until")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                (
                    "ended_code",
                    models.CharField(
                        blank=True, default="", max_length=60, verbose_name="ended because"
                    ),
                ),
            ],
            options={
                "verbose_name": "authorisation",
                "verbose_name_plural": "authorisations",
                "ordering": ["-authorised_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Capture",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=partial(new_id, "cap"),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "unallocated_minor",
                    models.BigIntegerField(default=0, verbose_name="belongs to no merchant"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("is_final", models.BooleanField(verbose_name="the last one")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("submitting", "submitting"),
                            ("processing", "processing"),
                            ("unknown", "outcome unknown"),
                            ("succeeded", "succeeded"),
                            ("failed", "failed"),
                        ],
                        default="submitting",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "status_code",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="reason code"
                    ),
                ),
                ("requested_by", models.CharField(max_length=80, verbose_name="asked by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "succeeded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="succeeded at"),
                ),
                (
                    "settled_minor",
                    models.BigIntegerField(
                        blank=True, null=True, verbose_name="owed by the channel"
                    ),
                ),
            ],
            options={
                "verbose_name": "capture",
                "verbose_name_plural": "captures",
                "ordering": ["-created_at", "-id"],
                "permissions": [("request_capture", "Can take what was authorised")],
            },
        ),
        migrations.CreateModel(
            name="CaptureShare",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=partial(new_id, "csh"),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(verbose_name="place")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("fee_minor", models.BigIntegerField(verbose_name="fee")),
            ],
            options={
                "verbose_name": "share of a capture",
                "verbose_name_plural": "shares of captures",
                "ordering": ["capture_id", "place"],
            },
        ),
        migrations.CreateModel(
            name="Void",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=partial(new_id, "void"),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("code", models.CharField(max_length=60, verbose_name="why")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("submitting", "submitting"),
                            ("processing", "processing"),
                            ("unknown", "outcome unknown"),
                            ("succeeded", "succeeded"),
                            ("failed", "failed"),
                        ],
                        default="submitting",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "status_code",
                    models.CharField(
                        blank=True, default="", max_length=80, verbose_name="reason code"
                    ),
                ),
                ("requested_by", models.CharField(max_length=80, verbose_name="asked by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "succeeded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="succeeded at"),
                ),
            ],
            options={
                "verbose_name": "void",
                "verbose_name_plural": "voids",
                "ordering": ["-created_at", "-id"],
                "permissions": [("request_void", "Can give authorisations back")],
            },
        ),
        migrations.AddField(
            model_name="payment",
            name="capture_mode",
            field=models.CharField(
                choices=[("automatic", "at once"), ("manual", "held first")],
                db_default="automatic",
                default="automatic",
                max_length=10,
                verbose_name="money is taken",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="payer_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="given to the payer"),
        ),
        migrations.AddField(
            model_name="refund",
            name="settled_minor",
            field=models.BigIntegerField(
                blank=True, null=True, verbose_name="taken by the channel"
            ),
        ),
        migrations.AlterField(
            model_name="reservehold",
            name="allocation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="reserve_holds",
                to="payments.paymentallocation",
                verbose_name="allocation",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("capture_mode__in", ["automatic", "manual"])),
                name="payments_payment_capturing",
            ),
        ),
        migrations.AddField(
            model_name="authorisation",
            name="attempt",
            field=models.OneToOneField(
                on_delete=models.PROTECT,
                related_name="authorisation",
                to="payments.paymentattempt",
                verbose_name="payment attempt",
            ),
        ),
        migrations.AddField(
            model_name="authorisation",
            name="payment",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="authorisations",
                to="payments.payment",
                verbose_name="payment",
            ),
        ),
        migrations.AddField(
            model_name="capture",
            name="authorisation",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="captures",
                to="payments.authorisation",
                verbose_name="authorisation",
            ),
        ),
        migrations.AddField(
            model_name="capture",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to="payments.apicredential",
                verbose_name="asked by credential",
            ),
        ),
        migrations.AddField(
            model_name="capture",
            name="operation",
            field=models.OneToOneField(
                on_delete=models.PROTECT,
                related_name="capture",
                to="payments.channeloperation",
                verbose_name="operation",
            ),
        ),
        migrations.AddField(
            model_name="capture",
            name="payment",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="captures",
                to="payments.payment",
                verbose_name="payment",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="capture",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="refunds",
                to="payments.capture",
                verbose_name="of the capture",
            ),
        ),
        migrations.AddField(
            model_name="captureshare",
            name="allocation",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="capture_shares",
                to="payments.paymentallocation",
                verbose_name="allocation",
            ),
        ),
        migrations.AddField(
            model_name="captureshare",
            name="capture",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="shares",
                to="payments.capture",
                verbose_name="capture",
            ),
        ),
        migrations.AddField(
            model_name="reservehold",
            name="capture_share",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=models.PROTECT,
                related_name="reserve_hold",
                to="payments.captureshare",
                verbose_name="share of a capture",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservehold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("capture_share", None)),
                fields=("allocation",),
                name="payments_reserve_once_of_payment",
            ),
        ),
        migrations.AddField(
            model_name="void",
            name="authorisation",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="voids",
                to="payments.authorisation",
                verbose_name="authorisation",
            ),
        ),
        migrations.AddField(
            model_name="void",
            name="operation",
            field=models.OneToOneField(
                on_delete=models.PROTECT,
                related_name="void",
                to="payments.channeloperation",
                verbose_name="operation",
            ),
        ),
        migrations.AddField(
            model_name="void",
            name="payment",
            field=models.ForeignKey(
                on_delete=models.PROTECT,
                related_name="voids",
                to="payments.payment",
                verbose_name="payment",
            ),
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["expires_at"],
                name="payments_authorisation_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_spare", False)),
                fields=("payment",),
                name="payments_authorisation_one_wanted",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payments_authorisation_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="capture",
            index=models.Index(fields=["-created_at", "-id"], name="payments_capture_newest"),
        ),
        migrations.AddConstraint(
            model_name="capture",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("unallocated_minor__gte", 0)),
                name="payments_capture_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="capture",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["submitting", "processing", "unknown", "succeeded", "failed"])
                ),
                name="payments_capture_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="capture",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("is_final", True), models.Q(("status__in", ("failed",)), _negated=True)
                ),
                fields=("authorisation",),
                name="payments_capture_one_final",
            ),
        ),
        migrations.AddConstraint(
            model_name="captureshare",
            constraint=models.UniqueConstraint(
                fields=("capture", "allocation"), name="payments_capture_share_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="captureshare",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("fee_minor__gte", 0),
                    ("fee_minor__lte", models.F("amount_minor")),
                ),
                name="payments_capture_share_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="void",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payments_void_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="void",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["submitting", "processing", "unknown", "succeeded", "failed"])
                ),
                name="payments_void_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="void",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("failed",)), _negated=True),
                fields=("authorisation",),
                name="payments_void_one_alive",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0014_authorisations.sql").read_text(),
            (HERE / "0014_authorisations.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

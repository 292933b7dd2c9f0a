"""How many people must agree: tiers by kind, currency and amount, and a finance head above.

The laws stand beside this file with their undo. Decisions from before have no second factor where
a sandbox asked for none, so that law holds for new ones. Requests from before name no amount.
"""

from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

HERE = Path(__file__).parent
MILLION_MINOR = 100_000_000
"""A million yuan."""

DEFAULTS = (
    # kind, currency, above_minor, required, needs_head
    ("", "", 0, 1, False),
    ("", "CNY", 0, 1, False),
    ("", "CNY", MILLION_MINOR // 10, 2, False),
    ("", "CNY", MILLION_MINOR, 2, True),
    # The public orders that the replay pays are in reais; two people decide there above a million.
    ("", "BRL", 0, 1, False),
    ("", "BRL", MILLION_MINOR, 2, True),
    ("approval_tier", "", 0, 1, True),
)


def _seed(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_approvaltier (kind, currency, above_minor, required, needs_head,"
            " created_at, created_by) VALUES (%s, %s, %s, %s, %s, now(), 'migration')",
            DEFAULTS,
        )


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is not None:
        quoted = schema_editor.quote_name(role)
        schema_editor.execute(
            f"REVOKE UPDATE, DELETE, TRUNCATE ON ledger_approvaltier FROM {quoted}"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_periods"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="approvalrequest",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("decide_approvals", "Can decide on requests of others"),
                    ("decide_as_head", "Can decide as finance head"),
                ],
                "verbose_name": "approval request",
                "verbose_name_plural": "approval requests",
            },
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="as_head",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="as finance head"
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="amount_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="amount"),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="currency",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=3, verbose_name="currency"
            ),
        ),
        migrations.AddField(
            model_name="approvalrequest",
            name="needs_head",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="a finance head among them"
            ),
        ),
        AddConstraintNotValid(
            model_name="approvaldecision",
            constraint=models.CheckConstraint(
                condition=~Q(decision="approve") | ~Q(second_factor=""),
                name="ledger_decision_second_factor",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.CheckConstraint(
                condition=Q(amount_minor=None, currency="")
                | (Q(amount_minor__gte=0) & ~Q(currency="")),
                name="ledger_approval_amount",
            ),
        ),
        migrations.CreateModel(
            name="ApprovalTier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(blank=True, default="", max_length=40, verbose_name="kind"),
                ),
                (
                    "currency",
                    models.CharField(blank=True, default="", max_length=3, verbose_name="currency"),
                ),
                ("above_minor", models.BigIntegerField(default=0, verbose_name="above")),
                ("required", models.PositiveSmallIntegerField(verbose_name="approvals required")),
                (
                    "needs_head",
                    models.BooleanField(default=False, verbose_name="a finance head among them"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("created_by", models.CharField(max_length=90, verbose_name="created by")),
                (
                    "approval",
                    models.OneToOneField(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.approvalrequest",
                        verbose_name="approval",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval tier",
                "verbose_name_plural": "approval tiers",
                "ordering": ["kind", "currency", "above_minor", "-id"],
                "permissions": [
                    ("request_tier", "Can ask for another approval tier"),
                    ("approve_tier", "Can approve another approval tier"),
                ],
                "indexes": [
                    models.Index(
                        fields=["kind", "currency", "above_minor", "-id"],
                        name="ledger_tier_newest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(required__gte=1, required__lte=5), name="ledger_tier_required"
                    ),
                    models.CheckConstraint(
                        condition=Q(above_minor=0) | (Q(above_minor__gt=0) & ~Q(currency="")),
                        name="ledger_tier_above",
                    ),
                    models.CheckConstraint(
                        condition=~Q(kind="approval_tier") | Q(needs_head=True),
                        name="ledger_tier_of_tiers",
                    ),
                ],
            },
        ),
        migrations.RunPython(_seed, migrations.RunPython.noop),
        migrations.RunSQL(
            (HERE / "0008_tiers.sql").read_text(), (HERE / "0008_tiers.undo.sql").read_text()
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

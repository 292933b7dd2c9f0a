"""Close days and months, and keep the balances that they end with.

The SQL stands beside this file with its undo. The application role reads these tables; what
changes them are functions of the owner. Postings get the instant at which they took their number.
"""

import functools
from pathlib import Path
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers

HERE = Path(__file__).parent
READ_ONLY = (
    "ledger_period",
    "ledger_periodevent",
    "ledger_closedthrough",
    "ledger_dailybalance",
    "ledger_controltotal",
)
FUNCTIONS = (
    "ledger_write_daily_balances(date, date)",
    "ledger_totals_of(date, date)",
)
FOR_THE_APPLICATION = (
    "ledger_close_period(text, text, date, text, timestamptz, text, bigint)",
    "ledger_reopen_periods(date, text, timestamptz, text, text)",
)


def _take_rights(apps: Any, schema_editor: Any) -> None:
    for function in (*FUNCTIONS, *FOR_THE_APPLICATION):
        schema_editor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for function in FOR_THE_APPLICATION:
        schema_editor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {quoted}")
    for table in READ_ONLY:
        schema_editor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}")
        schema_editor.execute(f"GRANT SELECT ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_seals"),
    ]

    operations = [
        migrations.CreateModel(
            name="ControlTotal",
            fields=[
                (
                    "id",
                    models.CharField(
                        max_length=10, primary_key=True, serialize=False, verbose_name="id"
                    ),
                ),
                ("code", models.CharField(max_length=4, verbose_name="code")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("accounts", models.BigIntegerField(verbose_name="accounts")),
                ("debits_minor", models.BigIntegerField(verbose_name="debits")),
                ("credits_minor", models.BigIntegerField(verbose_name="credits")),
                ("balance_minor", models.BigIntegerField(verbose_name="balance")),
            ],
            options={
                "verbose_name": "control total",
                "verbose_name_plural": "control totals",
                "db_table": "ledger_controltotal",
                "ordering": ["code", "currency"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ClosedThrough",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, primary_key=True, serialize=False, verbose_name="number"
                    ),
                ),
                ("day", models.DateField(null=True, verbose_name="day")),
            ],
            options={
                "verbose_name": "closed through",
                "verbose_name_plural": "closed through",
            },
        ),
        migrations.CreateModel(
            name="DailyBalance",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id",
                        "effective_date",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="key",
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.account",
                        verbose_name="account",
                    ),
                ),
                ("effective_date", models.DateField(verbose_name="effective date")),
                ("debits_minor", models.BigIntegerField(verbose_name="debits")),
                ("credits_minor", models.BigIntegerField(verbose_name="credits")),
                ("contained_seq", models.BigIntegerField(verbose_name="contains through no.")),
            ],
            options={
                "verbose_name": "daily balance",
                "verbose_name_plural": "daily balances",
                "ordering": ["account_id", "effective_date"],
            },
        ),
        migrations.CreateModel(
            name="Period",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("per",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("day", "day"), ("month", "month")],
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("closed", "closed")],
                        default="open",
                        max_length=6,
                        verbose_name="state",
                    ),
                ),
                (
                    "closed_by",
                    models.CharField(
                        blank=True, default="", max_length=90, verbose_name="closed by"
                    ),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="closed at"),
                ),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
            ],
            options={
                "verbose_name": "period",
                "verbose_name_plural": "periods",
                "ordering": ["-ends_on", "kind"],
                "permissions": [
                    ("close_period", "Can close days and months"),
                    ("reopen_period", "Can ask for closed days to be reopened"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[("closed", "closed"), ("reopened", "reopened")],
                        max_length=8,
                        verbose_name="deed",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                ("actor", models.CharField(max_length=90, verbose_name="actor")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="recorded at",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("totals", models.JSONField(verbose_name="totals")),
                ("seal_number", models.BigIntegerField(blank=True, null=True, verbose_name="seal")),
            ],
            options={
                "verbose_name": "closing",
                "verbose_name_plural": "closings",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="posting",
            name="recorded_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), verbose_name="recorded at"
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                fields=["account", "recorded_at", "seq"], name="ledger_posting_instant"
            ),
        ),
        migrations.AddConstraint(
            model_name="closedthrough",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="ledger_closedthrough_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.UniqueConstraint(
                fields=("kind", "starts_on"), name="ledger_period_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_on", models.F("starts_on")), ("kind", "day")),
                    models.Q(
                        ("ends_on__gt", models.F("starts_on")),
                        ("kind", "month"),
                        ("starts_on__day", 1),
                    ),
                    _connector="OR",
                ),
                name="ledger_period_span",
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "closed"])), name="ledger_period_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="period",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "open"),
                    models.Q(
                        ("closed_at__isnull", False), models.Q(("closed_by", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="ledger_period_closed_by",
            ),
        ),
        migrations.AddField(
            model_name="periodevent",
            name="approval",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.approvalrequest",
                verbose_name="request",
            ),
        ),
        migrations.AddField(
            model_name="periodevent",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="ledger.period",
                verbose_name="period",
            ),
        ),
        migrations.AddIndex(
            model_name="dailybalance",
            index=models.Index(fields=["effective_date"], name="ledger_dailybalance_day"),
        ),
        migrations.AddConstraint(
            model_name="periodevent",
            constraint=models.UniqueConstraint(
                fields=("period", "version"), name="ledger_periodevent_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="periodevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approval__isnull", True), ("deed", "closed")),
                    models.Q(("approval__isnull", False), ("deed", "reopened")),
                    _connector="OR",
                ),
                name="ledger_periodevent_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="periodevent",
            constraint=models.UniqueConstraint(
                fields=("period", "approval"), name="ledger_periodevent_agreed_once"
            ),
        ),
        migrations.RunSQL(
            (HERE / "0007_periods.sql").read_text(),
            (HERE / "0007_periods.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, migrations.RunPython.noop),
    ]

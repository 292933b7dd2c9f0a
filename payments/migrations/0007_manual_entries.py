"""Let people book what no event books: adjustments, freezes, reserves, recoveries, write-offs.

The SQL stands beside this file with its undo; the moves of a manual entry are those of
`payments/states.py`, and a test compares the two.
"""

import functools
from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.identifiers

HERE = Path(__file__).parent
RIGHTS = {
    "payments_manualentry": "DELETE, TRUNCATE",
    "payments_reservehold": "UPDATE, DELETE, TRUNCATE",
    "payments_reserveuse": "UPDATE, DELETE, TRUNCATE",
}


def _take_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table, rights in RIGHTS.items():
        schema_editor.execute(f"REVOKE {rights} ON {table} FROM {quoted}")


def _give_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    for table in RIGHTS:
        schema_editor.execute(f"GRANT UPDATE, DELETE ON {table} TO {quoted}")


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0006_refunds_are_law"),
        ("ledger", "0011_entries_in_fewer_steps"),
    ]

    operations = [
        migrations.CreateModel(
            name="ManualEntry",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("man",), **{}),
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
                            ("adjustment_credit", "adjustment in the merchant's favour"),
                            ("adjustment_debit", "adjustment against the merchant"),
                            ("freeze", "freeze"),
                            ("unfreeze", "unfreeze"),
                            ("reserve_hold", "reserve hold"),
                            ("reserve_release", "reserve release"),
                            ("debt_recovery", "debt recovery"),
                            ("debt_write_off", "debt write-off"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "reason_code",
                    models.CharField(
                        choices=[
                            ("fee_correction", "correction of a fee"),
                            ("compensation", "compensation for a fault of ours"),
                            ("goodwill", "goodwill"),
                            ("reconciliation", "correction after reconciliation"),
                            ("penalty", "penalty under the contract"),
                            ("suspected_fraud", "suspected fraud"),
                            ("merchant_review", "review of the merchant"),
                            ("legal_order", "order of a court or an authority"),
                            ("review_passed", "review passed"),
                            ("order_lifted", "order lifted"),
                            ("expected_refunds", "refunds or disputes expected"),
                            ("contract", "agreed in the contract"),
                            ("risk_passed", "the risk has passed"),
                            ("merchant_agreed", "agreed with the merchant"),
                            ("overdue", "overdue"),
                            ("insolvent", "merchant insolvent"),
                            ("uncollectable", "cannot be collected"),
                            ("too_small", "too small to collect"),
                            ("mistake", "booked by mistake before"),
                        ],
                        max_length=20,
                        verbose_name="reason code",
                    ),
                ),
                ("note", models.CharField(max_length=500, verbose_name="note")),
                (
                    "refers_to",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="refers to"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending_approval", "pending approval"),
                            ("booked", "booked"),
                            ("rejected", "rejected"),
                            ("cancelled", "cancelled"),
                            ("expired", "expired"),
                        ],
                        default="pending_approval",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("maker", models.CharField(max_length=90, verbose_name="maker")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "booked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="booked at"),
                ),
            ],
            options={
                "verbose_name": "manual entry",
                "verbose_name_plural": "manual entries",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("request_adjustment", "Can request adjustments"),
                    ("request_freeze", "Can request freezes and their end"),
                    ("request_reserve", "Can request reserves and their release"),
                    ("request_debt_recovery", "Can request that debts are recovered"),
                    ("request_write_off", "Can request that debts are written off"),
                    ("approve_manual_entry", "Can approve manual entries"),
                    ("cancel_manual_entry", "Can cancel manual entries"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReserveHold",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("rsv",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("left_minor", models.BigIntegerField(verbose_name="still held")),
                (
                    "release_on",
                    models.DateField(blank=True, null=True, verbose_name="goes back on"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "reserve hold",
                "verbose_name_plural": "reserve holds",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ReserveUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("released", "released"), ("consumed", "paid for a refund")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
            ],
            options={
                "verbose_name": "use of a reserve",
                "verbose_name_plural": "uses of reserves",
                "ordering": ["id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="balancetransaction",
            name="payments_line_kind",
        ),
        migrations.AddField(
            model_name="merchantaccount",
            name="reserve_bps",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="reserve, basis points"),
        ),
        migrations.AddField(
            model_name="merchantaccount",
            name="reserve_days",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="reserve, days"),
        ),
        migrations.AlterField(
            model_name="balancetransaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("adjustment", "adjustment"),
                    ("freeze", "set aside for review"),
                    ("opening", "opening balance"),
                    ("payment", "payment"),
                    ("payout_fee", "payout fee"),
                    ("refund", "refund"),
                    ("refund_failed", "failed refund"),
                    ("reserve_hold", "reserve held"),
                    ("reserve_release", "reserve released"),
                    ("unfreeze", "released after review"),
                    ("write_off", "debt waived"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="balancetransaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "adjustment",
                            "freeze",
                            "opening",
                            "payment",
                            "payout_fee",
                            "refund",
                            "refund_failed",
                            "reserve_hold",
                            "reserve_release",
                            "unfreeze",
                            "write_off",
                        ],
                    )
                ),
                name="payments_line_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="merchantaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reserve_bps", 0),
                    models.Q(("reserve_bps__lte", 10000), ("reserve_days__gte", 1)),
                    _connector="OR",
                ),
                name="payments_account_reserve",
            ),
        ),
        migrations.AddField(
            model_name="manualentry",
            name="approval",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.approvalrequest",
                verbose_name="approval",
            ),
        ),
        migrations.AddField(
            model_name="manualentry",
            name="entry",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="journal entry",
            ),
        ),
        migrations.AddField(
            model_name="manualentry",
            name="freeze",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="unfreezes",
                to="payments.manualentry",
                verbose_name="ends the freeze",
            ),
        ),
        migrations.AddField(
            model_name="manualentry",
            name="merchant_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="manual_entries",
                to="payments.merchantaccount",
                verbose_name="merchant account",
            ),
        ),
        migrations.AddField(
            model_name="reservehold",
            name="allocation",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reserve_hold",
                to="payments.paymentallocation",
                verbose_name="allocation",
            ),
        ),
        migrations.AddField(
            model_name="reservehold",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="journal entry",
            ),
        ),
        migrations.AddField(
            model_name="reservehold",
            name="merchant_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reserve_holds",
                to="payments.merchantaccount",
                verbose_name="merchant account",
            ),
        ),
        migrations.AddField(
            model_name="manualentry",
            name="reserve_hold",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="releases",
                to="payments.reservehold",
                verbose_name="releases the reserve",
            ),
        ),
        migrations.AddField(
            model_name="reserveuse",
            name="entry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="journal entry",
            ),
        ),
        migrations.AddField(
            model_name="reserveuse",
            name="hold",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="payments.reservehold",
                verbose_name="reserve hold",
            ),
        ),
        migrations.AddIndex(
            model_name="reservehold",
            index=models.Index(
                condition=models.Q(("left_minor__gt", 0)),
                fields=["merchant_account", "created_at", "id"],
                name="payments_reserve_oldest",
            ),
        ),
        migrations.AddIndex(
            model_name="reservehold",
            index=models.Index(
                condition=models.Q(("left_minor__gt", 0)),
                fields=["merchant_account", "release_on"],
                name="payments_reserve_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservehold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("left_minor__gte", 0),
                    ("left_minor__lte", models.F("amount_minor")),
                ),
                name="payments_reserve_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservehold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("allocation__isnull", True), ("release_on__isnull", True)),
                    models.Q(("allocation__isnull", False), ("release_on__isnull", False)),
                    _connector="OR",
                ),
                name="payments_reserve_day",
            ),
        ),
        migrations.AddIndex(
            model_name="manualentry",
            index=models.Index(fields=["-created_at", "-id"], name="payments_manual_newest"),
        ),
        migrations.AddIndex(
            model_name="manualentry",
            index=models.Index(
                condition=models.Q(("status", "pending_approval")),
                fields=["created_at"],
                name="payments_manual_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payments_manual_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["pending_approval", "booked", "rejected", "cancelled", "expired"],
                    )
                ),
                name="payments_manual_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "adjustment_credit"),
                        (
                            "reason_code__in",
                            [
                                "fee_correction",
                                "compensation",
                                "goodwill",
                                "reconciliation",
                                "mistake",
                            ],
                        ),
                    ),
                    models.Q(
                        ("kind", "adjustment_debit"),
                        (
                            "reason_code__in",
                            ["fee_correction", "reconciliation", "penalty", "mistake"],
                        ),
                    ),
                    models.Q(
                        ("kind", "freeze"),
                        ("reason_code__in", ["suspected_fraud", "merchant_review", "legal_order"]),
                    ),
                    models.Q(
                        ("kind", "unfreeze"),
                        ("reason_code__in", ["review_passed", "order_lifted", "mistake"]),
                    ),
                    models.Q(
                        ("kind", "reserve_hold"),
                        ("reason_code__in", ["expected_refunds", "contract"]),
                    ),
                    models.Q(
                        ("kind", "reserve_release"),
                        ("reason_code__in", ["risk_passed", "contract", "mistake"]),
                    ),
                    models.Q(
                        ("kind", "debt_recovery"),
                        ("reason_code__in", ["overdue", "merchant_agreed"]),
                    ),
                    models.Q(
                        ("kind", "debt_write_off"),
                        ("reason_code__in", ["insolvent", "uncollectable", "too_small"]),
                    ),
                    _connector="OR",
                ),
                name="payments_manual_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("freeze__isnull", False), ("kind", "unfreeze")),
                    models.Q(
                        models.Q(("kind", "unfreeze"), _negated=True), ("freeze__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="payments_manual_freeze",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reserve_release"), ("reserve_hold__isnull", False)),
                    models.Q(
                        models.Q(("kind", "reserve_release"), _negated=True),
                        ("reserve_hold__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="payments_manual_reserve",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("booked_at__isnull", False), ("entry__isnull", False), ("status", "booked")
                    ),
                    models.Q(
                        models.Q(("status", "booked"), _negated=True),
                        ("booked_at__isnull", True),
                        ("entry__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="payments_manual_booked",
            ),
        ),
        migrations.AddConstraint(
            model_name="reserveuse",
            constraint=models.UniqueConstraint(
                fields=("hold", "entry"), name="payments_reserve_use_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reserveuse",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("kind__in", ["released", "consumed"])),
                name="payments_reserve_use",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0007_manual_entries.sql").read_text(),
            (HERE / "0007_manual_entries.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

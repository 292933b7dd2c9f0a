"""Let two people say what becomes of money that came otherwise than asked, and payment links.

The SQL stands beside this file with its undo; the moves are those of `payments/states.py`, and a
test compares the two. Money that waited in suspense before gets its row from its entry.
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
    "payments_parkedmoney": "DELETE, TRUNCATE",
    "payments_refundremedy": "DELETE, TRUNCATE",
    "payments_paymentlink": "DELETE, TRUNCATE",
}
KINDS = {
    "payment_conflicted": "conflicted",
    "payment_paid_late": "paid_late",
    "payment_paid_twice": "paid_twice",
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
        schema_editor.execute(f"GRANT DELETE ON {table} TO {quoted}")


def _write_what_waits(apps: Any, schema_editor: Any) -> None:
    """Give money that waits in suspense its row: what, of which try, by which entry."""
    entries = apps.get_model("ledger", "JournalEntry").objects
    attempts = apps.get_model("payments", "PaymentAttempt").objects
    parked = apps.get_model("payments", "ParkedMoney").objects
    twice: set[str] = set(
        entries.filter(kind="payment_paid_twice").values_list("source", flat=True)
    )
    for entry in entries.filter(kind__in=KINDS).order_by("pk"):
        if entry.kind == "payment_paid_twice":
            attempt = attempts.get(pk=entry.source.partition(":")[0])
        else:
            tries = attempts.filter(payment_id=entry.subject, status="succeeded")
            (attempt, *_) = [one for one in tries if f"{one.pk}:paid_twice" not in twice]
        posting = entry.postings.get(account__code="2901")
        parked.create(
            payment_id=entry.subject,
            attempt=attempt,
            kind=KINDS[entry.kind],
            amount_minor=posting.amount_minor,
            currency=posting.currency,
            entry=entry,
            came_at=entry.at,
            created_at=entry.at,
        )


def _leave(apps: Any, schema_editor: Any) -> None:
    """Nothing to take back: the rows go with their table."""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0014_authorisations"),
        ("ledger", "0012_people_in_one_form"),
    ]

    operations = [
        migrations.CreateModel(
            name="ParkedMoney",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("prk",), **{}),
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
                            ("conflicted", "another amount or currency"),
                            ("paid_late", "after the payment was closed"),
                            ("paid_twice", "once more than owed"),
                        ],
                        max_length=12,
                        verbose_name="how it came",
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "accepted_minor",
                    models.BigIntegerField(default=0, verbose_name="taken as the payment"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "waits for a decision"),
                            ("returning", "goes back to the payer"),
                            ("returned", "went back to the payer"),
                            ("accepted", "taken as the payment"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("came_at", models.DateTimeField(verbose_name="came at")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "money in suspense",
                "verbose_name_plural": "money in suspense",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("request_parked", "Can ask what becomes of money in suspense"),
                    ("approve_parked", "Can approve what becomes of money in suspense"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentLink",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("lnk",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("description", models.CharField(max_length=120, verbose_name="description")),
                (
                    "is_single_use",
                    models.BooleanField(default=True, verbose_name="may be paid once"),
                ),
                ("created_by", models.CharField(max_length=80, verbose_name="created by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "cancelled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="cancelled at"),
                ),
            ],
            options={
                "verbose_name": "payment link",
                "verbose_name_plural": "payment links",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("create_link", "Can create payment links for merchants"),
                    ("cancel_link", "Can cancel payment links"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefundRemedy",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("rmd",), **{}),
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
                            ("payer_card", "to a bank card of the payer's"),
                            ("by_hand", "by hand, from our bank account"),
                        ],
                        max_length=12,
                        verbose_name="way",
                    ),
                ),
                (
                    "bank",
                    models.CharField(
                        blank=True, default="", max_length=40, verbose_name="payer's bank"
                    ),
                ),
                (
                    "account_encrypted",
                    models.TextField(blank=True, default="", verbose_name="account, encrypted"),
                ),
                (
                    "holder_encrypted",
                    models.TextField(blank=True, default="", verbose_name="holder, encrypted"),
                ),
                (
                    "account_tail",
                    models.CharField(
                        blank=True, default="", max_length=4, verbose_name="account ends in"
                    ),
                ),
                (
                    "bank_reference",
                    models.CharField(
                        blank=True, default="", max_length=64, verbose_name="bank's reference"
                    ),
                ),
                ("paid_date", models.DateField(blank=True, null=True, verbose_name="left on")),
                ("note", models.CharField(max_length=500, verbose_name="note")),
                ("maker", models.CharField(max_length=90, verbose_name="maker")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending_approval", "pending approval"),
                            ("ordered", "ordered at the channel"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                        ],
                        default="pending_approval",
                        max_length=20,
                        verbose_name="status",
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent at")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
            ],
            options={
                "verbose_name": "other way for a refund",
                "verbose_name_plural": "other ways for refunds",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("request_remedy", "Can ask for another way for a refund"),
                    ("approve_remedy", "Can approve another way for a refund"),
                ],
            },
        ),
        migrations.AddField(
            model_name="merchant",
            name="late_money",
            field=models.CharField(
                choices=[
                    ("ask", "two people decide"),
                    ("accept", "take it as paid"),
                    ("refund", "give it back"),
                ],
                default="ask",
                max_length=8,
                verbose_name="money that comes too late",
            ),
        ),
        migrations.AddConstraint(
            model_name="merchant",
            constraint=models.CheckConstraint(
                condition=models.Q(("late_money__in", ["ask", "accept", "refund"])),
                name="payments_merchant_late_money",
            ),
        ),
        migrations.AddField(
            model_name="parkedmoney",
            name="approval",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.approvalrequest",
                verbose_name="approval",
            ),
        ),
        migrations.AddField(
            model_name="parkedmoney",
            name="attempt",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parked",
                to="payments.paymentattempt",
                verbose_name="payment attempt",
            ),
        ),
        migrations.AddField(
            model_name="parkedmoney",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="journal entry",
            ),
        ),
        migrations.AddField(
            model_name="parkedmoney",
            name="payment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="parked",
                to="payments.payment",
                verbose_name="payment",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="parked",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="payments.parkedmoney",
                verbose_name="money in suspense",
            ),
        ),
        migrations.AddField(
            model_name="paymentlink",
            name="merchant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="links",
                to="payments.merchant",
                verbose_name="merchant",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="link",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="payments.paymentlink",
                verbose_name="payment link",
            ),
        ),
        migrations.AddField(
            model_name="refundremedy",
            name="approval",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.approvalrequest",
                verbose_name="approval",
            ),
        ),
        migrations.AddField(
            model_name="refundremedy",
            name="bank_account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.channelaccount",
                verbose_name="left our account",
            ),
        ),
        migrations.AddField(
            model_name="refundremedy",
            name="refund",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="remedies",
                to="payments.refund",
                verbose_name="refund",
            ),
        ),
        migrations.AddIndex(
            model_name="parkedmoney",
            index=models.Index(fields=["-created_at", "-id"], name="payments_parked_newest"),
        ),
        migrations.AddIndex(
            model_name="parkedmoney",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["created_at"],
                name="payments_parked_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="parkedmoney",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("accepted_minor__gte", 0),
                    ("accepted_minor__lte", models.F("amount_minor")),
                ),
                name="payments_parked_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="parkedmoney",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["waiting", "returning", "returned", "accepted"]),
                    ("kind__in", ["conflicted", "paid_late", "paid_twice"]),
                ),
                name="payments_parked_status",
            ),
        ),
        migrations.AddIndex(
            model_name="paymentlink",
            index=models.Index(
                fields=["merchant", "-created_at", "-id"], name="payments_link_newest"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("amount_minor__lte", 10000000000000)),
                name="payments_link_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundremedy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["pending_approval", "ordered"])),
                fields=("refund",),
                name="payments_remedy_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundremedy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["pending_approval", "ordered", "done", "failed", "rejected", "expired"],
                    ),
                    models.Q(
                        models.Q(
                            ("bank_account", None), ("kind", "payer_card"), ("paid_date", None)
                        ),
                        models.Q(
                            ("account_encrypted", ""),
                            ("bank_account__isnull", False),
                            ("holder_encrypted", ""),
                            ("kind", "by_hand"),
                            ("paid_date__isnull", False),
                        ),
                        _connector="OR",
                    ),
                ),
                name="payments_remedy_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundremedy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending_approval", "ordered"]),
                    models.Q(("account_encrypted", ""), ("holder_encrypted", "")),
                    _connector="OR",
                ),
                name="payments_remedy_forgets",
            ),
        ),
        migrations.RunPython(_write_what_waits, _leave),
        migrations.RunSQL(
            (HERE / "0015_resolutions.sql").read_text(),
            (HERE / "0015_resolutions.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

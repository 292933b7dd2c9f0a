"""Take files of opening balances, agree to them by two people, and book them as agreed.

The SQL stands beside this file with its undo. Lines are written once; the application role may not
even try to change them, nor to delete an opening.
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
    "settlements_opening": "DELETE, TRUNCATE",
    "settlements_openingrow": "UPDATE, DELETE, TRUNCATE",
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
        ("settlements", "0009_roles_widen"),
        ("risk", "0006_configuration_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="Opening",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("opn",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("file_name", models.CharField(max_length=120, verbose_name="file")),
                ("sha256", models.BinaryField(max_length=32, verbose_name="SHA-256 of the file")),
                (
                    "rows_sha256",
                    models.BinaryField(max_length=32, verbose_name="SHA-256 of the lines"),
                ),
                ("opening_date", models.DateField(verbose_name="opened on")),
                ("row_count", models.PositiveIntegerField(verbose_name="lines")),
                ("entry_count", models.PositiveIntegerField(verbose_name="entries")),
                (
                    "entries_booked",
                    models.PositiveIntegerField(default=0, verbose_name="entries booked"),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "waits for approval"),
                            ("approved", "being booked"),
                            ("booked", "booked"),
                            ("rejected", "rejected"),
                        ],
                        default="asked",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("asked_by", models.CharField(max_length=90, verbose_name="asked by")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "booked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="booked at"),
                ),
                (
                    "approval",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.approvalrequest",
                        verbose_name="approval request",
                    ),
                ),
            ],
            options={
                "verbose_name": "opening",
                "verbose_name_plural": "openings",
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("import_opening", "Can hand in opening balances"),
                    ("approve_opening", "Can approve opening balances"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpeningRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveIntegerField(verbose_name="place")),
                ("line_no", models.PositiveIntegerField(verbose_name="line")),
                ("entry_no", models.PositiveIntegerField(verbose_name="entry")),
                ("code", models.CharField(max_length=4, verbose_name="code")),
                ("owner_id", models.CharField(max_length=90, verbose_name="owner")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "side",
                    models.CharField(
                        choices=[("D", "debit"), ("C", "credit")], max_length=1, verbose_name="side"
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                (
                    "opening",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="settlements.opening",
                        verbose_name="opening",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an opening",
                "verbose_name_plural": "lines of openings",
                "ordering": ["opening_id", "place"],
            },
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "rejected"), _negated=True),
                fields=("sha256",),
                name="settlements_opening_file_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["asked", "approved", "booked", "rejected"]),
                    ("row_count__gt", 0),
                    ("entry_count__gt", 0),
                    ("entries_booked__lte", models.F("entry_count")),
                ),
                name="settlements_opening_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="opening",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("booked_at", None), ("status", "approved")),
                    models.Q(
                        ("booked_at", None),
                        ("entries_booked", 0),
                        ("status__in", ["asked", "rejected"]),
                    ),
                    models.Q(
                        ("booked_at__isnull", False),
                        ("entries_booked", models.F("entry_count")),
                        ("status", "booked"),
                    ),
                    _connector="OR",
                ),
                name="settlements_opening_booked",
            ),
        ),
        migrations.AddIndex(
            model_name="openingrow",
            index=models.Index(fields=["opening", "entry_no"], name="settlements_opening_entry"),
        ),
        migrations.AddConstraint(
            model_name="openingrow",
            constraint=models.UniqueConstraint(
                fields=("opening", "place"), name="settlements_opening_row_place"
            ),
        ),
        migrations.AddConstraint(
            model_name="openingrow",
            constraint=models.UniqueConstraint(
                fields=("opening", "code", "owner_id", "currency"),
                name="settlements_opening_row_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="openingrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("side__in", ["D", "C"]),
                    ("place__gt", 0),
                    ("entry_no__gt", 0),
                ),
                name="settlements_opening_row_amount",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0010_openings.sql").read_text(),
            (HERE / "0010_openings.undo.sql").read_text(),
        ),
        migrations.RunPython(_take_rights, _give_rights_back),
    ]

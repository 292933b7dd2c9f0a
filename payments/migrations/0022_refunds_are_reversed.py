"""What a channel takes back of a refund that it had made, and people's word on what it contradicts.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_orders_close_by_evidence")]
    operations = [
        migrations.AddField(
            model_name="channeloperation",
            name="resolution",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=40,
                verbose_name="outcome by evidence",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="turn",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="turn"),
        ),
        migrations.AlterField(
            model_name="refundremedy",
            name="kind",
            field=models.CharField(
                choices=[
                    ("payer_card", "to a bank card of the payer's"),
                    ("by_hand", "by hand, from our bank account"),
                    ("our_account", "to our own bank account, by the channel"),
                    ("merchants", "back to its merchants"),
                ],
                max_length=12,
                verbose_name="way",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="refundremedy",
            name="payments_remedy_of_its_kind",
        ),
        migrations.AddConstraint(
            model_name="refundremedy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "pending_approval",
                        "ordered",
                        "done",
                        "failed",
                        "rejected",
                        "expired",
                    ]
                )
                & (
                    models.Q(kind="payer_card", bank_account=None, paid_date=None)
                    | models.Q(
                        kind__in=["our_account", "merchants"],
                        bank_account=None,
                        paid_date=None,
                        account_encrypted="",
                        holder_encrypted="",
                    )
                    | models.Q(
                        kind="by_hand",
                        bank_account__isnull=False,
                        paid_date__isnull=False,
                        account_encrypted="",
                        holder_encrypted="",
                    )
                ),
                name="payments_remedy_of_its_kind",
            ),
        ),
        migrations.RunSQL(
            (HERE / "0022_refunds_are_reversed.sql").read_text(),
            (HERE / "0022_refunds_are_reversed.undo.sql").read_text(),
        ),
    ]

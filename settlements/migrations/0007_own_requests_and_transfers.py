"""Let merchants ask for their settlement, and payouts go by transfer to an Alipay account."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_accounts_are_of_their_codes_nature"),
        ("payments", "0006_refunds_are_law"),
        ("risk", "0003_judgements_are_law"),
        ("settlements", "0006_items_close_when_checked"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="billline",
            options={
                "ordering": ["bill_id", "line_no"],
                "permissions": [
                    ("propose_topup", "Can say that a debit of the bank filled a channel's wallet"),
                    ("approve_topup", "Can approve that a debit of the bank filled a wallet"),
                ],
                "verbose_name": "bill line",
                "verbose_name_plural": "bill lines",
            },
        ),
        migrations.AlterModelOptions(
            name="payout",
            options={
                "ordering": ["-created_at", "-id"],
                "permissions": [
                    ("ask_payout", "Can ask channels what became of a payout"),
                    ("retry_payout", "Can ask that a settlement is paid again"),
                ],
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
            },
        ),
        migrations.AddField(
            model_name="destination",
            name="account_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("logon_id", "login (e-mail address or phone number)"),
                    ("user_id", "user id"),
                ],
                default="",
                max_length=10,
                verbose_name="kind of name",
            ),
        ),
        migrations.AddField(
            model_name="payout",
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
            model_name="payout",
            name="destination",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payouts",
                to="settlements.destination",
                verbose_name="destination",
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="merchant_settlement_no",
            field=models.CharField(
                blank=True, default="", max_length=64, verbose_name="merchant's number"
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="released_screening",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="risk.screening",
                verbose_name="judgement let pass",
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="requested_by",
            field=models.CharField(
                blank=True, default="", max_length=90, verbose_name="requested by"
            ),
        ),
        migrations.AlterField(
            model_name="destination",
            name="kind",
            field=models.CharField(
                choices=[("bank", "bank account"), ("alipay", "Alipay account")],
                default="bank",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlements",
                to="settlements.settlementbatch",
                verbose_name="run",
            ),
        ),
        migrations.AddConstraint(
            model_name="destination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_type", ""), ("kind", "bank")),
                    models.Q(("account_type__in", ["logon_id", "user_id"]), ("kind", "alipay")),
                    _connector="OR",
                ),
                name="settlements_destination_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("merchant_settlement_no", ""), _negated=True),
                fields=("merchant", "merchant_settlement_no"),
                name="settlements_settlement_no_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("batch__isnull", False),
                        ("merchant_settlement_no", ""),
                        ("requested_by", ""),
                    ),
                    models.Q(
                        ("batch", None),
                        models.Q(("merchant_settlement_no", ""), _negated=True),
                        models.Q(("requested_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="settlements_settlement_origin",
            ),
        ),
    ]

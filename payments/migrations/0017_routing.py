"""Let rules say which account takes a payment, and one switch close a scene.

The laws of rules stand beside this file with their undo.
"""

import functools
from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import ledger.identifiers

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0016_raw_notifications"),
        ("ledger", "0012_people_in_one_form"),
    ]

    operations = [
        migrations.CreateModel(
            name="MethodSwitch",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("msw",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("alipay_qr", "Alipay QR code"),
                            ("alipay_page", "Alipay on a computer"),
                            ("alipay_wap", "Alipay in a mobile browser"),
                            ("alipay_app", "Alipay from an app"),
                            ("alipay_mini", "Alipay mini program"),
                            ("wechat_native", "WeChat Pay QR code"),
                            ("wechat_jsapi", "WeChat Pay inside WeChat"),
                            ("wechat_h5", "WeChat Pay in a mobile browser"),
                            ("wechat_app", "WeChat Pay from an app"),
                            ("card_page", "bank card on a computer"),
                            ("card_wap", "bank card in a mobile browser"),
                        ],
                        max_length=20,
                        verbose_name="method",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("closed_by", models.CharField(max_length=90, verbose_name="closed by")),
                ("closed_at", models.DateTimeField(verbose_name="closed at")),
                (
                    "opened_by",
                    models.CharField(
                        blank=True, default="", max_length=90, verbose_name="opened by"
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="opened at"),
                ),
                (
                    "channel_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="method_switches",
                        to="payments.channelaccount",
                        verbose_name="channel account",
                    ),
                ),
            ],
            options={
                "verbose_name": "closed scene",
                "verbose_name_plural": "closed scenes",
                "ordering": ["-closed_at", "-id"],
                "permissions": [("switch_method", "Can close and open scenes of payment")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("opened_at", None)),
                        fields=("method", "channel_account"),
                        name="payments_method_closed_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RoutingRule",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=functools.partial(ledger.identifiers.new_id, *("rou",), **{}),
                        max_length=40,
                        primary_key=True,
                        serialize=False,
                        verbose_name="id",
                    ),
                ),
                ("priority", models.PositiveIntegerField(verbose_name="priority")),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("alipay_qr", "Alipay QR code"),
                            ("alipay_page", "Alipay on a computer"),
                            ("alipay_wap", "Alipay in a mobile browser"),
                            ("alipay_app", "Alipay from an app"),
                            ("alipay_mini", "Alipay mini program"),
                            ("wechat_native", "WeChat Pay QR code"),
                            ("wechat_jsapi", "WeChat Pay inside WeChat"),
                            ("wechat_h5", "WeChat Pay in a mobile browser"),
                            ("wechat_app", "WeChat Pay from an app"),
                            ("card_page", "bank card on a computer"),
                            ("card_wap", "bank card in a mobile browser"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="method",
                    ),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("from_minor", models.BigIntegerField(default=0, verbose_name="amount from")),
                (
                    "to_minor",
                    models.BigIntegerField(blank=True, null=True, verbose_name="amount below"),
                ),
                (
                    "starts_at",
                    models.TimeField(blank=True, null=True, verbose_name="time of day from"),
                ),
                (
                    "ends_at",
                    models.TimeField(blank=True, null=True, verbose_name="time of day until"),
                ),
                ("is_enabled", models.BooleanField(default=False, verbose_name="in force")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "approval",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.approvalrequest",
                        verbose_name="approval",
                    ),
                ),
                (
                    "channel_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routing_rules",
                        to="payments.channelaccount",
                        verbose_name="goes to",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routing_rules",
                        to="payments.merchant",
                        verbose_name="merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "routing rule",
                "verbose_name_plural": "routing rules",
                "ordering": ["priority", "id"],
                "permissions": [
                    ("request_routing", "Can ask for other routing of payments"),
                    ("approve_routing", "Can agree to other routing of payments"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_minor__gte", 0),
                            models.Q(
                                ("to_minor", None),
                                ("to_minor__gt", models.F("from_minor")),
                                _connector="OR",
                            ),
                        ),
                        name="payments_routing_amounts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ends_at", None), ("starts_at", None)),
                            models.Q(("ends_at__isnull", False), ("starts_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="payments_routing_times",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (HERE / "0017_routing.sql").read_text(),
            (HERE / "0017_routing.undo.sql").read_text(),
        ),
    ]

"""Let an order be a capture or a void, a method be any scene of a channel, and a device be led on.

What a coupon of the channel made of an amount is kept beside the try that it was paid by.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_lines_in_fewer_steps"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="channelaccount",
            name="payments_channel_kind",
        ),
        migrations.RemoveConstraint(
            model_name="channeloperation",
            name="payments_operation_kind",
        ),
        migrations.AddField(
            model_name="payment",
            name="payer_account",
            field=models.CharField(
                blank=True,
                default="",
                max_length=128,
                verbose_name="payer's account at the channel",
            ),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="payer_action",
            field=models.JSONField(
                blank=True, default=dict, verbose_name="what the payer's device does"
            ),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="payer_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="paid by the payer"),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="settled_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="owed by the channel"),
        ),
        migrations.AlterField(
            model_name="channelaccount",
            name="channel",
            field=models.CharField(
                choices=[
                    ("alipay", "Alipay"),
                    ("wechatpay", "WeChat Pay"),
                    ("unionpay", "UnionPay"),
                    ("bank", "bank"),
                ],
                max_length=12,
                verbose_name="channel",
            ),
        ),
        migrations.AlterField(
            model_name="channeloperation",
            name="kind",
            field=models.CharField(
                choices=[
                    ("pay", "take a payment"),
                    ("payout", "pay out"),
                    ("refund", "refund"),
                    ("capture", "capture what was authorised"),
                    ("void", "give an authorisation back"),
                ],
                max_length=10,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="method",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="paymentattempt",
            name="method",
            field=models.CharField(
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
        migrations.AddConstraint(
            model_name="channelaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["alipay", "wechatpay", "unionpay", "bank"])),
                name="payments_channel_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="channeloperation",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["pay", "payout", "refund", "capture", "void"])),
                name="payments_operation_kind",
            ),
        ),
    ]

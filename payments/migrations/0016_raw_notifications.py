"""Keep every notification as it came, before it is believed.

What was kept before was genuine, or it would not have been kept. The SQL stands beside this file
with its undo; going back forgets what was not genuine, as before nothing of it was kept.
"""

from pathlib import Path
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

HERE = Path(__file__).parent
MOVED = "verdict, doubt, notification_id, channel_no, about, subject, claimed_status, judged_at"


def _give_rights(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    schema_editor.execute(f"GRANT UPDATE ({MOVED}) ON payments_channelnotification TO {quoted}")
    schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON payments_refusedcount FROM {quoted}")
    schema_editor.execute(
        f"GRANT EXECUTE ON FUNCTION payments_forget_notifications(integer, integer) TO {quoted}"
    )


def _take_rights_back(apps: Any, schema_editor: Any) -> None:
    role = settings.DATABASE_APPLICATION_ROLE
    if role is None:
        return
    quoted = schema_editor.quote_name(role)
    schema_editor.execute(f"REVOKE UPDATE ({MOVED}) ON payments_channelnotification FROM {quoted}")


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_resolutions")]

    operations = [
        migrations.RunSQL(
            "DROP TRIGGER payments_channelnotification_once ON payments_channelnotification",
            "CREATE TRIGGER payments_channelnotification_once BEFORE UPDATE OR DELETE"
            " ON payments_channelnotification FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change()",
        ),
        migrations.CreateModel(
            name="RefusedCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("count", models.PositiveIntegerField(default=0, verbose_name="not kept")),
            ],
            options={
                "verbose_name": "notifications that were not kept",
                "verbose_name_plural": "notifications that were not kept",
                "ordering": ["-hour", "channel_account"],
            },
        ),
        migrations.AlterModelOptions(
            name="channelnotification",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("reverify_notification", "Can have kept notifications verified again"),
                    ("replay_notification", "Can have the owner of a notification ask again"),
                ],
                "verbose_name": "channel notification",
                "verbose_name_plural": "channel notifications",
            },
        ),
        migrations.RemoveConstraint(
            model_name="channelnotification",
            name="payments_notification_once",
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="about",
            field=models.CharField(blank=True, default="", max_length=10, verbose_name="about"),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="came_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                verbose_name="came at, by the database",
            ),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="doubt",
            field=models.CharField(
                blank=True, default="", max_length=200, verbose_name="why it was refused"
            ),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="headers",
            field=models.JSONField(blank=True, default=dict, verbose_name="headers"),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="judged_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="judged at"),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="subject",
            field=models.CharField(
                blank=True, default="", max_length=64, verbose_name="whose order"
            ),
        ),
        migrations.AddField(
            model_name="channelnotification",
            name="verdict",
            field=models.CharField(
                choices=[
                    ("received", "not judged yet"),
                    ("genuine", "genuine"),
                    ("repeated", "repeated"),
                    ("forged", "forged"),
                    ("malformed", "malformed"),
                    ("probe", "probe"),
                ],
                default="received",
                max_length=10,
                verbose_name="verdict",
            ),
        ),
        migrations.AlterField(
            model_name="channelnotification",
            name="channel_no",
            field=models.CharField(
                blank=True, db_index=True, default="", max_length=64, verbose_name="our number"
            ),
        ),
        migrations.AlterField(
            model_name="channelnotification",
            name="claimed_status",
            field=models.CharField(
                blank=True, default="", max_length=40, verbose_name="status it claims"
            ),
        ),
        migrations.AlterField(
            model_name="channelnotification",
            name="notification_id",
            field=models.CharField(
                blank=True, default="", max_length=128, verbose_name="channel's notification id"
            ),
        ),
        migrations.AddField(
            model_name="refusedcount",
            name="channel_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refused_counts",
                to="payments.channelaccount",
                verbose_name="channel account",
            ),
        ),
        migrations.AddConstraint(
            model_name="refusedcount",
            constraint=models.UniqueConstraint(
                fields=("channel_account", "hour"), name="payments_refused_count_once"
            ),
        ),
        migrations.RunSQL(
            (HERE / "0016_raw_notifications.sql").read_text(),
            (HERE / "0016_raw_notifications.undo.sql").read_text(),
        ),
        migrations.AddIndex(
            model_name="channelnotification",
            index=models.Index(
                condition=models.Q(("verdict", "genuine"), _negated=True),
                fields=["channel_account", "came_at"],
                name="payments_notification_doubted",
            ),
        ),
        migrations.AddIndex(
            model_name="channelnotification",
            index=models.Index(
                condition=models.Q(("subject", ""), ("verdict", "genuine")),
                fields=["id"],
                name="payments_notification_nobodys",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelnotification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verdict", "genuine")),
                fields=("channel_account", "notification_id"),
                name="payments_notification_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelnotification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "verdict__in",
                        ["received", "genuine", "repeated", "forged", "malformed", "probe"],
                    )
                ),
                name="payments_notification_verdict",
            ),
        ),
        migrations.AddConstraint(
            model_name="channelnotification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict__in", ["genuine", "repeated"]), _negated=True),
                    models.Q(
                        models.Q(("notification_id", ""), _negated=True),
                        models.Q(("channel_no", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payments_notification_named",
            ),
        ),
        migrations.RunPython(_give_rights, _take_rights_back),
    ]

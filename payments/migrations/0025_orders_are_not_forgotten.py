"""An order that waits always says when it is looked at next, from its birth on."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import Q

from payments.models.operations import DatabaseClock

# Those that wait for a job to send them have no next question yet.
LOOK_AT_THEM = """
UPDATE payments_channeloperation SET next_query_at = clock_timestamp()
 WHERE next_query_at IS NULL AND kind <> 'payout'
   AND status IN ('prepared', 'awaiting_payer', 'processing', 'unknown');
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0024_amounts_of_three")]

    operations = [
        migrations.AlterField(
            model_name="channeloperation",
            name="next_query_at",
            field=models.DateTimeField(
                blank=True,
                db_default=DatabaseClock() + timedelta(minutes=1),
                null=True,
                verbose_name="next question at",
            ),
        ),
        migrations.RunSQL(LOOK_AT_THEM, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="channeloperation",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=["prepared", "awaiting_payer", "processing", "unknown"])
                | Q(next_query_at__isnull=False)
                | Q(kind="payout"),
                name="payments_operation_is_not_forgotten",
            ),
        ),
    ]

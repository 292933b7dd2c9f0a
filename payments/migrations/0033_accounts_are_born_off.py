"""Let a channel account begin switched off and without keys, but at a simulator.

The SQL stands beside this file with its undo.
"""

from pathlib import Path

from django.db import migrations, models

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("payments", "0032_staff_act_for_no_merchant")]

    operations = [
        migrations.AlterField(
            model_name="channelaccount",
            name="is_enabled",
            field=models.BooleanField(default=False, verbose_name="enabled"),
        ),
        migrations.RunSQL(
            (HERE / "0033_accounts_are_born_off.sql").read_text(),
            (HERE / "0033_accounts_are_born_off.undo.sql").read_text(),
        ),
    ]

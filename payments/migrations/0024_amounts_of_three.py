"""What payer, platform and channel call the amount: captures, too, remember what the payer paid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_keys_end_at_once")]

    operations = [
        migrations.AddField(
            model_name="capture",
            name="payer_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="paid by the payer"),
        ),
    ]

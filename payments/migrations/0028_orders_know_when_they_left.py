"""Of an order the instant at which it was sent last: refunds of one payment keep apart by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0027_accounts_are_agreed")]

    operations = [
        migrations.AddField(
            model_name="channeloperation",
            name="last_sent_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last sent at"),
        ),
    ]

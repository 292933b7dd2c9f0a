"""Let a payout wait at WeChat Pay until its payee takes it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlements", "0013_amounts_are_agreed"), ("payments", "0018_channel_keys")]

    operations = []

"""What payer, platform and channel call the amount."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_keys_end_at_once")]
    operations = []

"""What a channel takes back of a refund that it had made, and people's word on what it contradicts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0021_orders_close_by_evidence")]
    operations = []

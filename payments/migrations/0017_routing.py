"""Let rules say which account takes a payment, and one switch close a scene."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0016_raw_notifications")]

    operations = []

"""Keep every notification as it came, before it is believed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_resolutions")]

    operations = []

"""Keep the keys of a channel account one by one, so that they can overlap."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0017_routing")]

    operations = []

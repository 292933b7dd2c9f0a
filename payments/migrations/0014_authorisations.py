"""Let money be held first, and taken in parts or given back."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0013_breakers_and_holds")]

    operations = []

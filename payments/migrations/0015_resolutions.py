"""Let two people say what becomes of money that came otherwise than asked."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("payments", "0014_authorisations")]

    operations = []

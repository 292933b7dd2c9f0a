"""Who may do what the remedies of orders need."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("settlements", "0014_roles_of_channels")]
    operations = []

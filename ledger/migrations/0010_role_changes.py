from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0009_configuration_history"),
    ]

    operations = []

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("risk", "0005_lists_and_addresses"),
        ("payments", "0009_configuration_history"),
    ]

    operations = []

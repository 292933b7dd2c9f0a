from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0009_roles_widen"),
        ("risk", "0006_configuration_history"),
    ]

    operations = []

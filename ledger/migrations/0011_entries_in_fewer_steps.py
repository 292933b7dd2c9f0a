from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_role_changes"),
    ]

    operations = []

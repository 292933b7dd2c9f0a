from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0010_openings"),
    ]

    operations = []

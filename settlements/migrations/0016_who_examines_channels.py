"""Let those who mind the channels have them examined.

A role that people removed stays away; taking the migration back takes the right away again, also
from who got it by hand.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ROLES = ("finance_maker", "finance_checker", "finance_head", "risk_officer", "security_admin")
RIGHT = "examine_channelaccount"


def _give_right(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    config = apps.get_app_config("payments")
    # Apps of a migration's state have no module, and without one nothing is made.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    right = apps.get_model("auth", "Permission").objects.get(
        codename=RIGHT, content_type__app_label="payments"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(right)


def _take_right_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    for right in permissions.filter(codename=RIGHT, content_type__app_label="payments"):
        right.group_set.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0015_roles_of_channels"),
        ("payments", "0020_channel_health"),
    ]

    operations = [migrations.RunPython(_give_right, _take_right_back)]

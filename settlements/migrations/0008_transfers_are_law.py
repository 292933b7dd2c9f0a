"""Make transfers law, and give the new rights to the roles: nobody asks and approves."""

from pathlib import Path

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

HERE = Path(__file__).parent

ROLES = {
    "finance_maker": ("ask_payout", "retry_payout", "propose_topup"),
    "finance_checker": ("ask_payout", "approve_topup"),
    "finance_head": ("ask_payout", "approve_topup"),
}


def _give_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _make_permissions(apps.get_app_config("settlements"), apps)
    permissions = apps.get_model("auth", "Permission").objects
    for role, rights in ROLES.items():
        # A role that people removed stays away.
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            group.permissions.add(
                *permissions.filter(codename__in=rights, content_type__app_label="settlements")
            )


def _take_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rights = sorted({right for of_role in ROLES.values() for right in of_role})
    apps.get_model("auth", "Permission").objects.filter(
        codename__in=rights, content_type__app_label="settlements"
    ).delete()


def _make_permissions(config: AppConfig, apps: StateApps) -> None:
    """Make the permissions now; Django makes them after the last migration, which is too late."""
    # Apps of a migration's state have no module, and without one nothing is made.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0007_own_requests_and_transfers"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(
            (HERE / "0008_transfers_are_law.sql").read_text(),
            (HERE / "0008_transfers_are_law.undo.sql").read_text(),
        ),
        migrations.RunPython(_give_rights, _take_rights_back),
    ]

"""Who registers channel accounts, changes their terms, and switches them off.

As in 0014: who asks does not agree, and who keeps the keys has no say in the terms. Taken back,
each role loses what it was given here, and nothing else.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

OFF = "payments.switch_off_channelaccount"
ROLES: dict[str, tuple[str, ...]] = {
    "finance_maker": ("payments.register_channelaccount", "payments.request_channelaccount", OFF),
    "finance_checker": ("payments.approve_channelaccount", OFF),
    "finance_head": ("payments.approve_channelaccount", OFF),
    # Who switches an account off has to see it.
    "risk_officer": ("payments.view_channelaccount", OFF),
    "security_admin": (OFF,),
}


def _give_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for label in ("ledger", "payments", "risk", "settlements"):
        _make_permissions(apps, label)
    for group, permission in _given(apps):
        group.permissions.add(permission)


def _take_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for group, permission in _given(apps):
        group.permissions.remove(permission)


def _given(apps: StateApps) -> Iterator[tuple[Any, Any]]:
    """Yield each role that is there with each permission that it gets."""
    permissions = apps.get_model("auth", "Permission").objects
    for role, rights in ROLES.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            for right in rights:
                label, _dot, codename = right.partition(".")
                yield group, permissions.get(codename=codename, content_type__app_label=label)


def _make_permissions(apps: Any, label: str) -> None:
    """Make the permissions now; Django makes them after the last migration, which is too late."""
    config = apps.get_app_config(label)
    # Apps of a migration's state have no module, and without one nothing is made.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0015_roles_of_remedies"),
        ("payments", "0027_accounts_are_agreed"),
    ]
    operations = [migrations.RunPython(_give_rights, _take_rights_back)]

"""Who sees jobs, and has those done again that were given up.

As in 0016. Doing a job again moves nothing that was not asked for: finance looks after its own
orders, security after keys and proofs.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CARES = ("ledger.view_job", "ledger.retry_job")
ROLES: dict[str, tuple[str, ...]] = {
    "finance_maker": CARES,
    "finance_checker": CARES,
    "finance_head": CARES,
    "security_admin": CARES,
    "auditor": ("ledger.view_job",),
}


def _give_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _make_permissions(apps, "ledger")
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
        ("settlements", "0016_roles_of_channel_accounts"),
        ("ledger", "0013_jobs_are_seen"),
    ]
    operations = [migrations.RunPython(_give_rights, _take_rights_back)]

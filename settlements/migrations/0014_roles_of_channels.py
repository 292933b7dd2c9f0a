"""Widen the roles of staff by what came with channels.

As in 0005: who prepares does not approve. A role that people removed stays away; taking the
migration back takes these rights away again, also from who got them by hand.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SEES = (
    "payments.view_sendinghold",
    "payments.view_routingrule",
    "payments.view_methodswitch",
)
SCENES = "payments.switch_method"
RESOLVES = (
    "payments.view_parkedmoney",
    "payments.view_refundremedy",
    "payments.view_paymentlink",
)
STOPS = "payments.place_sendinghold"
HELD = (
    "payments.view_authorisation",
    "payments.view_capture",
    "payments.view_captureshare",
    "payments.view_void",
)

REVERIFIES = "payments.reverify_notification"
KEYS = ("payments.enter_keys", "payments.approve_keys", "payments.view_channelkeyset")
REPLAYS = "payments.replay_notification"
EXAMINES = "payments.examine_channelaccount"

ROLES: dict[str, tuple[str, ...]] = {
    "finance_maker": (
        *HELD,
        "payments.request_capture",
        "payments.request_void",
        *SEES,
        REPLAYS,
        EXAMINES,
        STOPS,
        *RESOLVES,
        "payments.request_parked",
        "payments.request_remedy",
        "payments.create_link",
        "payments.cancel_link",
        "payments.request_release",
        "payments.request_resolution",
        "payments.request_routing",
        SCENES,
    ),
    "finance_checker": (
        *HELD,
        *SEES,
        REPLAYS,
        EXAMINES,
        STOPS,
        *RESOLVES,
        "payments.approve_parked",
        "payments.approve_remedy",
        "payments.approve_release",
        "payments.approve_resolution",
        "payments.approve_routing",
        SCENES,
    ),
    "finance_head": (
        *HELD,
        *SEES,
        REPLAYS,
        EXAMINES,
        STOPS,
        *RESOLVES,
        "payments.approve_parked",
        "payments.approve_remedy",
        "payments.approve_release",
        "payments.approve_resolution",
        "payments.approve_routing",
        SCENES,
    ),
    "risk_officer": (*HELD, *SEES, *RESOLVES, EXAMINES, STOPS, SCENES),
    "support": (*HELD, *RESOLVES),
    "auditor": (*HELD, *SEES, *RESOLVES),
    "security_admin": (*SEES, EXAMINES, STOPS, REVERIFIES, *KEYS),
}


def _give_rights(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for label in ("ledger", "payments", "risk", "settlements"):
        _make_permissions(apps, label)
    permissions = apps.get_model("auth", "Permission").objects
    for role, rights in ROLES.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            for right in rights:
                label, _dot, codename = right.partition(".")
                group.permissions.add(
                    permissions.get(codename=codename, content_type__app_label=label)
                )


def _take_rights_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    for right in sorted({right for rights in ROLES.values() for right in rights}):
        label, _dot, codename = right.partition(".")
        for permission in permissions.filter(codename=codename, content_type__app_label=label):
            permission.group_set.clear()


def _make_permissions(apps: StateApps, label: str) -> None:
    """Make the permissions now; Django makes them after the last migration, which is too late."""
    config = apps.get_app_config(label)
    # Apps of a migration's state have no module, and without one nothing is made.
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0013_amounts_are_agreed"),
        ("payments", "0020_channel_health"),
    ]

    operations = [migrations.RunPython(_give_rights, _take_rights_back)]

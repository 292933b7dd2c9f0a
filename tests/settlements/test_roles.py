"""The roles of staff: nobody prepares and approves, and who reads writes nothing."""

import pytest
from django.contrib.auth.models import Group, Permission

pytestmark = pytest.mark.django_db

MAKING = {
    "submit_settlement",
    "run_settlement",
    "export_paymentfile",
    "import_bill",
    "retry_payout",
    "propose_topup",
    "request_refund",
    "request_capture",
    "request_void",
    "request_adjustment",
    "request_reserve",
    "request_debt_recovery",
    "request_write_off",
    "request_terms",
    "request_tier",
    "import_opening",
    "close_period",
    "reopen_period",
    "request_release",
    "request_resolution",
    "request_routing",
    "register_channelaccount",
    "request_channelaccount",
    "request_parked",
    "request_remedy",
    "create_link",
}
CHECKING = {
    "approve_settlement",
    "decide_approvals",
    "approve_topup",
    "approve_refund",
    "approve_manual_entry",
    "approve_terms",
    "approve_opening",
    "approve_release",
    "approve_resolution",
    "approve_routing",
    "approve_channelaccount",
    "approve_parked",
    "approve_remedy",
}
SWITCHING_OFF = {"switch_off_channelaccount"}
STOPPING = {"place_sendinghold", "switch_method", "examine_channelaccount", *SWITCHING_OFF}
RETRYING = {"retry_job"}
ASKING = {"ask_payout", "ask_refund", "replay_notification"}
CANCELLING = {"cancel_settlement", "cancel_refund", "cancel_manual_entry"}
KEEPING_KEYS = {"enter_keys", "approve_keys", "reverify_notification"}


def rights(role: str) -> set[str]:
    """Return what a role may do, by the code of each right."""
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def deeds(role: str) -> set[str]:
    """Return what a role may do besides looking."""
    return {right for right in rights(role) if not right.startswith("view_")}


def test_all_roles_of_the_product_exist():
    assert set(Group.objects.values_list("name", flat=True)) == {
        "auditor",
        "finance_checker",
        "finance_head",
        "finance_maker",
        "risk_officer",
        "security_admin",
        "support",
    }


@pytest.mark.parametrize("role", ["finance_checker", "finance_head", "finance_maker"])
def test_nobody_prepares_and_approves(role):
    assert not (rights(role) & MAKING and rights(role) & CHECKING)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (
            "finance_maker",
            MAKING
            | CANCELLING
            | ASKING
            | STOPPING
            | RETRYING
            | {"download_paymentfile", "cancel_link"},
        ),
        ("finance_checker", CHECKING | ASKING | STOPPING | RETRYING | {"export_books"}),
        (
            "finance_head",
            CHECKING
            | CANCELLING
            | ASKING
            | STOPPING
            | RETRYING
            | {"decide_as_head", "approve_tier", "export_books"},
        ),
        (
            "risk_officer",
            {
                "review_settlement",
                "change_block_list",
                "bind_network",
                "request_password_relief",
                "decide_password_relief",
                "request_freeze",
                "cancel_manual_entry",
                *STOPPING,
            },
        ),
        ("support", {"request_password_relief"}),
        ("auditor", {"export_books"}),
        (
            "security_admin",
            {
                "change_apicredential",
                "request_roles",
                "approve_roles",
                "lock_out_staff",
                "place_sendinghold",
                "examine_channelaccount",
                *SWITCHING_OFF,
                *KEEPING_KEYS,
                *RETRYING,
            },
        ),
    ],
)
def test_a_role_may_do_exactly_this(role, may):
    assert deeds(role) == may


def test_keys_are_entered_and_agreed_to_by_nobody_who_moves_money():
    roles = Group.objects.filter(permissions__codename__in=KEEPING_KEYS).distinct()

    assert list(roles.values_list("name", flat=True)) == ["security_admin"]


def test_no_two_models_name_a_right_alike():
    codes = list(Permission.objects.filter(group__isnull=False).distinct().values_list("codename"))

    assert len(codes) == len(set(codes))


def test_an_auditor_may_look_at_all_that_has_a_page():
    from django.contrib import admin

    views = {f"view_{model._meta.model_name}" for model in admin.site._registry}

    assert views <= rights("auditor")


def test_no_role_may_add_or_delete_anything():
    forbidden = Permission.objects.filter(group__isnull=False).exclude(codename__startswith="view_")

    assert not [
        right
        for right in forbidden.values_list("codename", flat=True)
        if right.startswith(("add_", "delete_"))
    ]


def test_security_sees_no_money():
    assert not {right for right in rights("security_admin") if "payment" in right}
    assert not {right for right in rights("security_admin") if "settlement" in right}

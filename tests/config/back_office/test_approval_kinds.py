"""Every kind of request is found from the list of requests, and decided on the one panel."""

import pytest
from django.contrib import admin
from django.urls import resolve

from ledger.admin import approval_kinds
from ledger.admin.approval_panel import Approve, Decision, Reject
from ledger.admin.approvals import ApprovalRequestAdmin
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.models import ApprovalRequest
from tests.config.back_office.filling import fill
from tests.rig.pages import words
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db

KINDS = approval_kinds.KINDS
DECIDED_WORDS = ("approve", "reject")


def page_of(kind: str) -> OperationsAdmin:
    page = admin.site.get_model_admin(KINDS[kind].model)
    assert isinstance(page, OperationsAdmin)
    return page


def buttons(page: admin.ModelAdmin) -> list[Operation]:
    return list(page.row_operations) if isinstance(page, OperationsAdmin) else []


def test_the_kinds_that_there_are_have_a_page():
    assert KINDS.keys() >= {
        "manual_entry",
        "opening",
        "password_reset",
        "password_unlock",
        "period_reopening",
        "refund",
        "settlement",
        "wallet_topup",
    }


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_list_of_requests_leads_to_the_page_with_the_button(kind):
    # Given
    row = ApprovalRequest(kind=kind, object_id="7", pk="apr_7")

    # When
    url = approval_kinds.page_of(row)

    # Then
    options = KINDS[kind].model._meta
    found = resolve(url.partition("?")[0])
    assert found.url_name == f"{options.app_label}_{options.model_name}_change"
    approves = [
        button
        for button in buttons(page_of(kind))
        if isinstance(button, Approve) and button.kind == kind
    ]
    assert approves, f"no button approves {kind} on {url}"
    assert {button.permission for button in approves} == {KINDS[kind].permission}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_who_may_say_yes_on_a_page_may_say_no_there(kind):
    decided = [button for button in buttons(page_of(kind)) if isinstance(button, Decision)]
    yes = [button for button in decided if isinstance(button, Approve) and button.kind == kind]
    no = [button for button in decided if isinstance(button, Reject)]

    assert {button.permission for button in yes} <= {button.permission for button in no}
    assert all(button.asks_second_factor for button in decided)


def test_nothing_is_approved_or_rejected_beside_the_panel():
    beside = {
        f"{type(page).__name__}: {button.name}"
        for page in admin.site._registry.values()
        for button in buttons(page)
        if button.name.startswith(DECIDED_WORDS) and not isinstance(button, Decision)
    }

    assert beside == set()


def test_each_request_in_the_list_leads_to_where_it_is_decided(settings):
    # Given
    settings.STAFF_SECOND_FACTOR = False
    fill(merchants=3, payments_each=1)
    reader = desk(is_superuser=True)
    pending = ApprovalRequest.objects.filter(state="pending")
    kinds = set(pending.values_list("kind", flat=True))
    assert kinds >= {"opening", "refund", "settlement"}
    page = admin.site.get_model_admin(ApprovalRequest)
    assert isinstance(page, ApprovalRequestAdmin)

    for row in pending:
        # When
        shown = reader.get(approval_kinds.page_of(row))

        # Then: the object's page has the button of this kind
        assert shown.status_code == 200
        labels = [
            str(button.label)
            for button in buttons(page_of(row.kind))
            if isinstance(button, Approve) and button.kind == row.kind
        ]
        assert any(label in words(shown) for label in labels), row.kind
        assert approval_kinds.page_of(row) in str(page.about(row))

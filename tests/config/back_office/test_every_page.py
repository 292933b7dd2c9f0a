"""Every page of the back office shows, costs the same, changes nothing, and asks who is there."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.models import Account
from payments.models import MerchantMember
from settlements.models import Settlement
from tests.config.back_office.filling import fill
from tests.rig.pages import words
from tests.rig.rows import nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db

MODELS: list[type[Model]] = sorted(admin.site._registry, key=lambda model: model._meta.label)
SEEDED = {
    "ledger.ApprovalTier",
    "auth.User",
    "auth.Group",
    "ledger.ConfigurationChange",
    "risk.Limit",
}


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def boss() -> Client:
    return desk(is_superuser=True)


def address(model: type[Model], page: str, *arguments: object) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=arguments)


def addresses() -> dict[str, str]:
    """Return every list, and the page of the newest row of every model, by name."""
    found = {"home": reverse("admin:index")}
    for model in MODELS:
        found[f"list of {model._meta.label}"] = address(model, "changelist")
        # Settlements of one run are made in one instant, where the order of ids means nothing.
        order = ("status", "-pk") if model is Settlement else ("-pk",)
        newest = model._default_manager.order_by(*order).first()
        assert newest is not None, f"fill() makes no {model._meta.label}"
        found[f"page of {model._meta.label}"] = address(model, "change", newest.pk)
    return found


def costs(client: Client) -> dict[str, int]:
    """Return how many queries each page takes."""
    found = {}
    for name, url in addresses().items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        assert response.status_code == 200, f"{name}: {response.status_code}"
        found[name] = len(queries)
    return found


def test_every_model_of_ours_has_its_page():
    shown = {model._meta.label for model in MODELS}

    assert shown >= {
        "auth.Group",
        "auth.User",
        "ledger.Account",
        "ledger.ApprovalRequest",
        "ledger.AuditEntry",
        "ledger.JournalEntry",
        "payments.ApiCredential",
        "payments.BalanceTransaction",
        "payments.BusinessDay",
        "payments.ChannelAccount",
        "payments.ChannelNotification",
        "payments.ChannelOperation",
        "payments.Event",
        "payments.FeePlan",
        "payments.Merchant",
        "payments.MerchantMember",
        "payments.Payer",
        "payments.Payment",
        "risk.Limit",
        "risk.LimitCounter",
        "risk.PaymentPassword",
        "risk.Screening",
        "settlements.Bill",
        "settlements.BillLine",
        "settlements.Destination",
        "settlements.PaymentFile",
        "settlements.Payout",
        "settlements.Settlement",
        "settlements.SettlementBatch",
    }


def test_no_page_costs_more_when_there_is_more_to_show(boss):
    # Given
    ours = fill(merchants=3, payments_each=1)
    boss.get(reverse("admin:index"))
    few = costs(boss)

    # When
    fill(merchants=12, payments_each=4, ours=ours)
    many = costs(boss)

    # Then
    assert {name: (few[name], many[name]) for name in few if few[name] != many[name]} == {}
    assert max(many.values()) <= 40


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_an_empty_list_says_what_will_stand_there(boss, model):
    response = boss.get(address(model, "changelist"))

    assert response.status_code == 200
    if model._meta.label not in SEEDED:
        hint = str(admin.site.get_model_admin(model).empty_hint)
        assert hint != "Nothing has happened here yet."
        assert hint in words(response)


def test_nothing_can_be_added_changed_or_deleted_anywhere(boss):
    # Given
    fill(merchants=3, payments_each=1)

    # When
    answers = {}
    with nothing_written():
        for model in MODELS:
            row = model._default_manager.order_by("-pk").first()
            assert row is not None
            form = {field.name: "1" for field in model._meta.concrete_fields}
            for page, arguments in (
                ("add", []),
                ("change", [row.pk]),
                ("delete", [row.pk]),
            ):
                url = address(model, page, *arguments)
                for method in (boss.post, boss.put, boss.delete):
                    answers[f"{method.__name__} {url}"] = method(url, form).status_code
            before = model._default_manager.filter(pk=row.pk).values().get()
            boss.post(
                address(model, "changelist"),
                {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
            )
            assert model._default_manager.filter(pk=row.pk).values().get() == before

    # Then
    assert {url: status for url, status in answers.items() if status != 403} == {}


def test_nobody_is_asked_to_sign_in(client):
    fill(merchants=3, payments_each=1)

    for url in addresses().values():
        response = client.get(url)
        assert (response.status_code, response["Location"].split("?")[0]) == (
            302,
            "/admin/login/",
        )


def test_a_merchants_member_is_turned_away(client):
    # Given
    fill(merchants=3, payments_each=1)
    client.force_login(MerchantMember.objects.latest("pk").user)

    # Then
    for url in addresses().values():
        assert client.get(url, follow=True).status_code == 403


def test_staff_without_the_right_is_refused():
    # Given
    fill(merchants=3, payments_each=1)
    stranger = desk()

    # Then
    for name, url in addresses().items():
        assert stranger.get(url).status_code == (200 if name == "home" else 403), name


@pytest.mark.parametrize(
    ("role", "sees", "does_not_see"),
    [
        ("finance_maker", "settlements.Settlement", "auth.User"),
        ("finance_checker", "settlements.Bill", "payments.ApiCredential"),
        ("risk_officer", "risk.Screening", "settlements.PaymentFile"),
        ("support", "payments.Payment", "ledger.JournalEntry"),
        ("security_admin", "payments.ApiCredential", "payments.Payment"),
    ],
)
def test_a_role_sees_its_trade_and_no_more(role, sees, does_not_see):
    client = desk(role)
    by_label = {model._meta.label: model for model in MODELS}

    assert client.get(address(by_label[sees], "changelist")).status_code == 200
    assert client.get(address(by_label[does_not_see], "changelist")).status_code == 403


def test_an_auditor_sees_every_list():
    auditor = desk("auditor")

    statuses = {model: auditor.get(address(model, "changelist")).status_code for model in MODELS}

    assert set(statuses.values()) == {200}


def test_a_page_that_is_not_there_is_404(boss):
    assert boss.get(address(Account, "change", 404)).status_code == 404
    assert boss.get(address(Account, "change", "nonsense")).status_code == 404


def test_search_and_filters_find_and_miss(boss, filtered: Callable[[str], int]):
    fill(merchants=3, payments_each=1)

    assert filtered("/admin/settlements/settlement/?status__exact=draft") == 1
    assert filtered("/admin/settlements/settlement/?status__exact=returned") == 0
    assert filtered("/admin/settlements/settlement/?currency=CNY") == 3
    assert filtered("/admin/settlements/settlement/?business_date_from=2026-03-06") == 3
    assert filtered("/admin/settlements/settlement/?business_date_from=2026-03-07") == 0
    assert filtered("/admin/payments/payment/?created_at_to=2026-03-04") == 0
    assert filtered("/admin/payments/payment/?created_at_from=2026-03-05&q=nothing") == 0
    assert filtered("/admin/ledger/account/?code=2002") == 3 + 1


@pytest.fixture
def filtered(boss) -> Callable[[str], int]:
    def count(url: str) -> int:
        response = boss.get(url)
        assert response.status_code == 200
        return len(response.context["cl"].result_list)

    return count

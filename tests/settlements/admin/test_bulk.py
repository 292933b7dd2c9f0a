"""Many settlements at once: each has its own transaction, digest and result."""

import re

import pytest
import zeal
from django.urls import reverse

from ledger.actions import approval_tiers
from ledger.actions.approvals import Decider
from ledger.models import AuditEntry
from ledger.queries.approval_tiers import TierTerms
from settlements.models import Settlement
from tests.factories.settlements import (
    available_money,
    destination_of,
    drafted_settlement,
    house,
    settled_merchant,
)
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import nothing_written
from tests.rig.staff import actor_of, desk, person

pytestmark = pytest.mark.django_db

LIST = "/admin/settlements/settlement/"


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture(autouse=True)
def one_by_one():
    """Let the same be locked again and again: each settlement is its own transaction."""
    with zeal.zeal_ignore([{"model": "*", "field": "get()"}]):
        yield


@pytest.fixture
def drafts() -> list[Settlement]:
    house()
    merchants = [settled_merchant() for _ in range(3)]
    for merchant in merchants:
        available_money(merchant)
    drafted_settlement(merchants[0])
    return list(Settlement.objects.order_by("created_at", "pk"))


def tick(client, rows, action: str):
    """Tick rows of the list, and choose a deed for them."""
    return client.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows]})


def carry_on(client, url: str):
    """Press the button of the page, with all that it sends along."""
    text = client.get(url).content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(stl_[^"]+)" value="([^"]+)"', text))
    return client.post(url, sent)


def statuses() -> list[str]:
    return list(Settlement.objects.order_by("created_at", "pk").values_list("status", flat=True))


def test_submits_and_approves_by_two_people(drafts):
    # Given
    maker, checker = desk("finance_maker"), desk("finance_checker")

    # When
    submitting = tick(maker, drafts, "submit_selected")
    submitted = carry_on(maker, submitting["Location"])
    approving = tick(checker, drafts, "approve_selected")
    approved = carry_on(checker, approving["Location"])

    # Then
    assert (submitted.status_code, approved.status_code) == (200, 200)
    assert statuses() == ["approved"] * 3
    assert words(approved).count("done") == 3
    makers = {settlement.approval.maker for settlement in Settlement.objects.all()}
    assert makers == {actor_of(maker)}


def test_shows_the_totals_before_anything_is_done(drafts):
    maker = desk("finance_maker")
    url = tick(maker, drafts, "submit_selected")["Location"]

    with nothing_written():
        response = maker.get(url)

    assert "sum 294.00 CNY" in words(response)


def test_one_that_is_refused_does_not_hold_up_the_others(drafts):
    # Given
    maker, checker = desk("finance_maker"), desk("finance_checker")
    carry_on(maker, tick(maker, drafts, "submit_selected")["Location"])
    url = tick(checker, drafts, "approve_selected")["Location"]
    text = checker.get(url).content.decode()
    sent = dict(re.findall(r'<input type="hidden" name="(stl_[^"]+)" value="([^"]+)"', text))
    destination_of(drafts[1].merchant, account_no="6222020000000007777")

    # When
    response = checker.post(url, sent)

    # Then
    assert statuses() == ["approved", "submitted", "approved"]
    assert "The request has changed since it was shown." in words(response)
    noted = AuditEntry.objects.get(action="settlement.approve.refused")
    assert (noted.subject, noted.reason) == (drafts[1].pk, "stale_approval")


def test_a_superuser_approves_none_of_their_own(drafts):
    boss = desk(is_superuser=True)
    carry_on(boss, tick(boss, drafts, "submit_selected")["Location"])

    carry_on(boss, tick(boss, drafts, "approve_selected")["Location"])

    assert statuses() == ["submitted"] * 3
    assert AuditEntry.objects.filter(reason="self_approval").count() == 3


def test_a_maker_is_not_offered_approving_and_cannot_force_it(drafts):
    # Given
    maker = desk("finance_maker")
    choices = maker.get(LIST).context["action_form"].fields["action"].choices
    url = reverse("admin:settlements_settlement_approve_selected")

    # When
    forced = maker.post(f"{url}?ids={drafts[0].pk}")

    # Then
    assert {name for name, _label in choices} == {"", "submit_selected"}
    assert forced.status_code == 403
    assert statuses() == ["draft"] * 3


def test_takes_no_more_than_fifty(drafts, monkeypatch):
    monkeypatch.setattr("settlements.admin.settlements.AT_ONCE_MAX", 2)

    maker = desk("finance_maker")

    with nothing_written():
        response = tick(maker, drafts, "submit_selected")

    assert (response.status_code, response["Location"]) == (302, LIST)


def test_passes_over_what_its_state_forbids(drafts):
    # Given
    maker = desk("finance_maker")
    carry_on(maker, tick(maker, drafts[:1], "submit_selected")["Location"])

    # When
    url = tick(maker, drafts, "submit_selected")["Location"]
    shown = maker.get(url)
    carry_on(maker, url)

    # Then
    assert "1 of those you ticked is passed over" in words(shown)
    assert statuses() == ["submitted"] * 3
    assert not AuditEntry.objects.filter(action__endswith=".refused").exists()


@pytest.mark.parametrize("ids", ["", "stl_nonsense", ",,,"])
def test_nothing_ticked_is_nothing_done(drafts, ids):
    url = f"{reverse('admin:settlements_settlement_submit_selected')}?ids={ids}"
    maker = desk("finance_maker")

    with nothing_written():
        shown = maker.get(url)
        maker.post(url)

    assert "None of these settlements can be taken on now." in words(shown)


def test_says_how_many_have_agreed_when_more_must(drafts):
    # Given two people from the first cent on
    maker, checker, other = (
        desk(role) for role in ("finance_maker", "finance_checker", "finance_checker")
    )
    more_people(required=2)
    carry_on(maker, tick(maker, drafts, "submit_selected")["Location"])

    # When
    first = carry_on(checker, tick(checker, drafts, "approve_selected")["Location"])

    # Then
    assert words(first).count("Your approval counts: 1 of 2. Nothing has been done yet.") == 3
    assert statuses() == ["submitted"] * 3

    # When
    second = carry_on(other, tick(other, drafts, "approve_selected")["Location"])

    # Then
    assert words(second).count("done") == 3
    assert statuses() == ["approved"] * 3


def test_leaves_out_what_a_head_must_approve(drafts):
    # Given
    maker, head = desk("finance_maker"), desk("finance_head")
    carry_on(maker, tick(maker, drafts[:2], "submit_selected")["Location"])
    more_people(required=1, needs_head=True)
    carry_on(maker, tick(maker, drafts[2:], "submit_selected")["Location"])

    # When
    url = tick(head, drafts, "approve_selected")["Location"]
    shown = words(head.get(url))
    carry_on(head, url)

    # Then
    assert f"their amount is typed: {drafts[2].pk}. Approve each on its own page." in shown
    assert "sum 196.00 CNY" in shown
    assert statuses() == ["approved", "approved", "submitted"]


def more_people(*, required: int, needs_head: bool = False) -> None:
    """Have more people agree to settlements in yuan from now on."""
    terms = TierTerms("settlement", "CNY", 0, required, needs_head)
    request = approval_tiers.request_tier(terms, actor="user:900001", at=NOON, reason="larger")
    approval_tiers.approve_tier(
        request.pk,
        shown_digest=bytes(request.digest),
        decider=Decider(f"user:{person('finance_head').pk}", second_factor="totp", is_head=True),
        at=NOON,
    )

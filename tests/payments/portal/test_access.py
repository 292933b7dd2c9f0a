"""Who may see which merchant: four callers at every door of the portal."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from payments.models import MerchantMember
from tests.factories.payments import MemberFactory, MerchantFactory, UserFactory
from tests.factories.settlements import available_money, drafted_settlement, settled_merchant
from tests.rig.pages import words

pytestmark = pytest.mark.django_db

PAGES = ["portal_home", "portal_payments", "portal_settlements", "portal_statement"]
DOORS = [*PAGES, "portal_statement_csv"]


@pytest.fixture
def member():
    return MemberFactory(merchant__name="Lantern Tea")


def signed_in(client, user):
    client.force_login(user)
    return client


@pytest.mark.parametrize("door", [*DOORS, "portal_merchants"])
def test_sends_nobody_to_sign_in_and_back(client, door):
    response = client.get(reverse(door))

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next={reverse(door)}"


@pytest.mark.parametrize("door", [*DOORS, "portal_merchants"])
def test_tells_a_person_without_merchant_why_nothing_is_here(client, door):
    response = signed_in(client, UserFactory(username="lan")).get(reverse(door))

    assert response.status_code == 403
    assert "You belong to no merchant" in words(response)
    assert "lan" in words(response)
    assert reverse("admin:index") not in response.content.decode()


def test_shows_staff_without_merchant_their_own_door(client, settings):
    # Given
    settings.STAFF_SECOND_FACTOR = False
    signed_in(client, User.objects.create_user("mei", is_staff=True))

    # When
    response = client.get(reverse("portal_home"))

    # Then
    assert response.status_code == 403
    assert "As staff you see every merchant in the back office." in words(response)
    assert f'href="{reverse("admin:index")}"' in response.content.decode()


@pytest.mark.parametrize("door", DOORS)
def test_lets_a_member_in_and_no_cache_keep_it(client, member, door):
    response = signed_in(client, member.user).get(reverse(door))

    assert response.status_code == 200
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))


@pytest.mark.parametrize("role", ["owner", "operator", "viewer"])
def test_lets_every_role_read(client, role):
    member = MemberFactory(role=role)

    assert signed_in(client, member.user).get(reverse("portal_home")).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_only_shows(client, member, door):
    assert signed_in(client, member.user).post(reverse(door)).status_code == 405


def test_answers_for_a_foreign_settlement_as_for_a_missing_one(client, member):
    # Given
    other = settled_merchant()
    available_money(other)
    theirs = drafted_settlement(other)
    signed_in(client, member.user)

    # When
    foreign = client.get(reverse("portal_settlement", args=[theirs.pk]))
    missing = client.get(reverse("portal_settlement", args=[theirs.pk[:-1] + "0"]))

    # Then
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert words(foreign).replace(theirs.pk, "…") == words(missing).replace(theirs.pk, "…")


@pytest.mark.parametrize("settlement_id", ["1", "stl_x", "stl_%00", "pal_" + "0" * 26, "%F0%9F"])
def test_answers_for_what_cannot_be_an_id_as_for_a_missing_one(client, member, settlement_id):
    path = reverse("portal_settlements") + f"{settlement_id}/"

    assert signed_in(client, member.user).get(path).status_code == 404


# --- several merchants ------------------------------------------------------------------------


@pytest.fixture
def member_of_two(member):
    MemberFactory(user=member.user, merchant__name="Bamboo", role="viewer")
    return member.user


@pytest.mark.parametrize("door", DOORS)
def test_asks_a_member_of_several_merchants_to_choose(client, member_of_two, door):
    response = signed_in(client, member_of_two).get(reverse(door) + "?a=1")

    assert response.status_code == 302
    assert response["Location"] == (
        f"{reverse('portal_merchants')}?next={reverse(door).replace('/', '%2F')}%3Fa%3D1"
    )


def test_shows_the_chosen_merchant_and_lets_one_switch(client, member_of_two):
    # Given
    bamboo, lantern = MerchantMember.objects.order_by("merchant__name")
    signed_in(client, member_of_two)

    # When
    choice = client.post(
        reverse("portal_merchants"),
        {"merchant": lantern.merchant_id, "next": reverse("portal_statement")},
    )
    first = words(client.get(reverse("portal_home")))
    client.post(reverse("portal_merchants"), {"merchant": bamboo.merchant_id})
    second = words(client.get(reverse("portal_home")))

    # Then
    assert choice["Location"] == reverse("portal_statement")
    assert "Lantern Tea" in first
    assert "Bamboo" not in first
    assert "Switch merchant" in first
    assert "Bamboo" in second
    assert "Lantern Tea" not in second


def test_refuses_to_choose_a_foreign_or_missing_merchant(client, member_of_two):
    signed_in(client, member_of_two)

    for merchant_id in (MerchantFactory().pk, "mer_missing", "", "\x00"):
        response = client.post(reverse("portal_merchants"), {"merchant": merchant_id})
        assert response.status_code == 404
    assert client.get(reverse("portal_home")).status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_never_leads_to_another_site(client, member, elsewhere):
    response = signed_in(client, member.user).post(
        reverse("portal_merchants"), {"merchant": member.merchant_id, "next": elsewhere}
    )

    assert response["Location"] == reverse("portal_home")


def test_ends_with_the_membership_at_once(client, member_of_two):
    # Given
    chosen = MerchantMember.objects.get(merchant__name="Bamboo")
    signed_in(client, member_of_two)
    client.post(reverse("portal_merchants"), {"merchant": chosen.merchant_id})

    # When
    chosen.delete()

    # Then
    page = words(client.get(reverse("portal_home")))
    assert "Lantern Tea" in page
    assert "Switch merchant" not in page

"""The list of keys that were entered: who, which, until when; never a secret."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import ChannelKeySet
from tests.factories.payments import AlipayAccountFactory
from tests.rig.keys import PUBLIC_KEY_PEM, approve, enter
from tests.rig.pages import tables, words
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

API_KEY = "0123456789abcdef0123456789abcdef"
LIST = "admin:payments_channelkeyset_changelist"


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def page(row: ChannelKeySet) -> str:
    return reverse("admin:payments_channelkeyset_change", args=[row.pk])


def test_lists_fingerprints_and_people_and_no_secret():
    # Given one that waits, and one to which another person agreed
    waiting = enter(AlipayAccountFactory(name="Shop"), api_key=API_KEY)
    checker = desk("security_admin")
    agreed = enter(AlipayAccountFactory(name="Fair"), channel_public_key=PUBLIC_KEY_PEM)
    approve(agreed, actor=actor_of(checker))
    reader = desk("security_admin")

    # When
    listed, shown = reader.get(reverse(LIST)), reader.get(page(agreed))

    # Then
    rows = {row[0]: row[1:] for row in tables(listed)[0][1:]}
    print_of_key = agreed.facts["channel_public_key"][0]["fingerprint"]
    assert rows[waiting.pk][:3] == [
        "Shop",
        "waits for another person",
        f"APIv3 key {waiting.facts['api_key']}",
    ]
    assert rows[waiting.pk][4] == "–"
    assert rows[agreed.pk][2] == f"channel's key {print_of_key[:16]}"
    assert rows[agreed.pk][4] != "–"
    assert print_of_key in words(shown)
    assert "2048" in words(shown)
    for response in (listed, shown, reader.get(page(waiting))):
        html = response.content.decode()
        for secret in (API_KEY, ChannelKeySet.objects.get(pk=waiting.pk).api_key_encrypted):
            assert secret not in html
        assert "BEGIN" not in html


def test_costs_the_same_however_many_there_are():
    # Given
    reader = desk("security_admin")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert reader.get(reverse(LIST)).status_code == 200
        return len(seen)

    def agreed() -> None:
        approve(enter(AlipayAccountFactory(), channel_public_key=PUBLIC_KEY_PEM))

    agreed()
    queries()
    of_one = queries()

    # When
    for _time in range(3):
        agreed()

    # Then
    assert queries() == of_one


def test_is_not_for_everybody():
    keys = enter(AlipayAccountFactory(), api_key=API_KEY)
    support = desk("support")

    assert support.get(reverse(LIST)).status_code == 403
    assert support.get(page(keys)).status_code == 403


def test_teaches_when_there_are_none():
    text = words(desk("security_admin").get(reverse(LIST)))
    assert "Keys are entered on the page of a channel account" in text

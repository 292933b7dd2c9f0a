"""How many may begin to pay by one link in a minute, and who is refused then."""

from datetime import timedelta

import pytest

from payments.actions import link_payments
from payments.errors import LinkCrowdedError
from payments.models import PayerSession, Payment, PaymentLink
from tests.factories.payments import payment_link
from tests.instants import NOON
from tests.rig.rows import nothing_written

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


def begin(link: PaymentLink, *, token: str = "", at=NOON, client_ip: str | None = None) -> str:
    return link_payments.begin_payment(link.pk, at=at, token=token, client_ip=client_ip)


def test_a_minute_has_room_for_so_many_and_the_next_one_again(monkeypatch):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 2)
    link = payment_link(is_single_use=False)
    first, _second = (begin(link, client_ip=f"198.51.100.{n}") for n in (1, 2))

    # When, Then nobody is begun in between, who has begun goes on, and other links are others
    with nothing_written():
        with pytest.raises(LinkCrowdedError) as refused:
            begin(link, client_ip="203.0.113.7", at=NOON + MINUTE - MOMENT)
        assert begin(link, token=first) == first
    begin(payment_link(is_single_use=False), client_ip="203.0.113.7")
    begin(link, client_ip="203.0.113.7", at=NOON + MINUTE)
    assert link.payments.count() == 3
    assert "Nothing was taken from you. Try again in a minute." in str(refused.value)


def test_visits_that_gave_way_or_were_cancelled_count_as_well(monkeypatch):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 2)
    monkeypatch.setattr(link_payments, "VISITS_MAX", 1)
    link = payment_link(is_single_use=False)
    for _time in range(2):
        begin(link)
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["closed", "created"]

    # When, Then
    with nothing_written(), pytest.raises(LinkCrowdedError):
        begin(link)


@pytest.mark.parametrize(
    ("theirs", "also_theirs"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:0:1::1", "2001:db8:0:ffff::2"),
    ],
)
def test_one_site_does_not_use_up_the_minute(monkeypatch, theirs, also_theirs):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_FROM_SITE_MAX", 1)
    link = payment_link(is_single_use=False)
    begin(link, client_ip=theirs)

    # When, Then
    with nothing_written(), pytest.raises(LinkCrowdedError):
        begin(link, client_ip=also_theirs)
    for other in ("198.51.100.2", "2001:db8:1::1"):
        begin(link, client_ip=other)
    assert link.payments.count() == 3


def test_where_no_address_is_known_only_the_link_is_counted(monkeypatch):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_FROM_SITE_MAX", 1)
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 2)
    link = payment_link(is_single_use=False)
    for _time in range(2):
        begin(link)

    # When, Then
    with nothing_written(), pytest.raises(LinkCrowdedError):
        begin(link)


def test_pages_of_the_only_payment_are_counted(monkeypatch):
    # Given a link that may be paid once, opened by browsers that keep nothing
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 3)
    monkeypatch.setattr(link_payments, "BEGUN_FROM_SITE_MAX", 1)
    link = payment_link()
    for _time in range(3):
        begin(link, client_ip="198.51.100.1")

    # When, Then
    with nothing_written(), pytest.raises(LinkCrowdedError):
        begin(link, client_ip="203.0.113.7")
    begin(link, client_ip="203.0.113.7", at=NOON + MINUTE)
    assert (Payment.objects.count(), PayerSession.objects.count()) == (1, 4)

"""The pages of risk show everything, say why in words, and change nothing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from risk.actions import limits, screenings
from risk.models import (
    Limit,
    LimitCounter,
    LimitDeed,
    LimitSubject,
    LimitWindow,
    Screening,
)
from tests.factories.payments import UserFactory
from tests.factories.risk import PayerFactory, asked_payment
from tests.instants import NOON

pytestmark = pytest.mark.django_db

MODELS = [Limit, LimitCounter, Screening]


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def judged():
    """One payment that was allowed and given back, and one that was denied."""
    payer = PayerFactory()
    allowed = asked_payment(payer_id=payer.id, amount_minor=100_000)
    screenings.screen_payment(allowed)
    screenings.give_back(allowed.payment_id, at=NOON + timedelta(minutes=5))
    denied = asked_payment(payer_id=payer.id, amount_minor=100_001)
    screenings.screen_payment(denied)
    return allowed, denied


@pytest.fixture
def reader(client):
    """Somebody of the staff who may see risk's rows."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="risk", codename__startswith="view_")
    )
    client.force_login(user)
    return client


def list_url(model):
    return reverse(f"admin:risk_{model._meta.model_name}_changelist")


def page_url(row):
    return reverse(f"admin:risk_{row._meta.model_name}_change", args=[row.pk])


def addresses():
    return [url for model in MODELS for url in (list_url(model), page_url(model.objects.first()))]


def test_nobody_is_sent_to_sign_in(client, judged):
    for url in addresses():
        response = client.get(url)
        assert response.status_code == 302
        assert "login" in response.headers["Location"]


def test_staff_without_the_right_is_refused(client, judged):
    client.force_login(UserFactory(is_staff=True))

    assert [client.get(url).status_code for url in addresses()] == [403] * 6


def test_who_may_look_sees_every_page(reader, judged):
    assert [reader.get(url).status_code for url in addresses()] == [200] * 6


def test_nothing_can_be_added_changed_or_deleted(reader, judged):
    before = [list(model.objects.order_by("pk").values()) for model in MODELS]

    answers = [
        reader.post(url, {"post": "yes"}).status_code
        for model in MODELS
        for row in [model.objects.first()]
        for url in (
            page_url(row),
            reverse(f"admin:risk_{model._meta.model_name}_add"),
            reverse(f"admin:risk_{model._meta.model_name}_delete", args=[row.pk]),
        )
    ]

    assert answers == [403] * 9
    assert [list(model.objects.order_by("pk").values()) for model in MODELS] == before


def test_a_judgement_says_why_in_words_and_what_became_of_its_count(reader, judged):
    allowed, denied = judged

    of_allowed = reader.get(page_url(Screening.objects.get(subject=allowed.payment_id)))
    of_denied = reader.get(page_url(Screening.objects.get(subject=denied.payment_id)))

    assert "The payer&#x27;s limit per day is CN¥5,000.00" in of_allowed.content.decode()
    assert "2026-03-05 12:05:00" in of_allowed.content.decode()
    assert (
        "At most CN¥1,000.00 may go at a time; this is CN¥1,000.01." in of_denied.content.decode()
    )
    assert "limit.platform.transaction" in of_denied.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_limit_tells_who_set_it_and_why_to_those_who_may_read_the_trail(client):
    # Given
    limit = limits.set_limit(
        deed=LimitDeed.PAYMENT,
        subject_kind=LimitSubject.PLATFORM,
        window=LimitWindow.DAY,
        currency="BRL",
        value_minor=1_000_000,
        actor="task:replay",
        at=NOON,
        reason="the replay of Brazilian orders",
    )
    page = page_url(limit)

    # When
    seen = {}
    for codename in ("view_limit", "view_auditentry"):
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in={"view_limit", codename}))
        client.force_login(user)
        seen[codename] = client.get(page).content.decode()

    # Then
    assert "the replay of Brazilian orders" in seen["view_auditentry"]
    assert "the replay of Brazilian orders" not in seen["view_limit"]


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_number_of_queries_however_long_it_is(
    reader, judged, model, django_assert_max_num_queries
):
    # Given
    reader.get(list_url(model))
    with django_assert_max_num_queries(12) as short:
        reader.get(list_url(model))
    for place in range(10):
        screenings.screen_payment(asked_payment(payer_id=f"pyr_{place}"))
        Limit.objects.create(
            deed="payment",
            subject_kind="payer",
            subject_id=f"pyr_{place}",
            window="day",
            currency="BRL",
            value_minor=1,
            valid_from=NOON,
        )

    # Then
    with django_assert_max_num_queries(len(short)):
        reader.get(list_url(model))

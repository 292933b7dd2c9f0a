"""Amounts, times, states and references are written one way on every page."""

from datetime import UTC, date, datetime

import pytest
from django.utils.html import escape

from ledger.admin import showing, values
from ledger.admin.people import actor_link, names_of
from ledger.models import AuditEntry
from tests.factories.payments import MerchantFactory, UserFactory
from tests.instants import NOON


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "CNY", "0.00"),
        (-5, "CNY", "−0.05"),
        (123_456_789, "CNY", "1,234,567.89"),
        (-100_000, "JPY", "−100,000"),
        (1_234_567, "KWD", "1,234.567"),
        (2**63 - 1, "CNY", "92,233,720,368,547,758.07"),
    ],
)
def test_groups_figures_and_keeps_every_place(minor, currency, text):
    assert showing.figure(minor, currency) == text


def test_always_names_the_currency():
    assert showing.money(1_234, "CNY") == (
        '<span class="money">12.34<span class="currency">&nbsp;CNY</span></span>'
    )


def test_nothing_is_not_zero():
    assert showing.money(None, "CNY") == '<span class="nothing">–</span>'


def test_an_amount_may_lead_to_its_cause():
    assert showing.money(1, "CNY", url="/x?a=1&b=2").startswith(
        '<a class="quiet" href="/x?a=1&amp;b=2">'
    )


@pytest.mark.parametrize(("bps", "text"), [(0, "0.00 %"), (60, "0.60 %"), (10_000, "100.00 %")])
def test_writes_basis_points_as_percent(bps, text):
    assert showing.basis_points(bps) == text


def test_shows_times_in_the_business_zone_and_names_it():
    late = datetime(2026, 3, 5, 16, 30, 5, tzinfo=UTC)

    assert "2026-03-06 00:30:05" in showing.instant(late)
    assert "Asia/Shanghai" in showing.instant(late)
    assert showing.minute(late).endswith(">2026-03-06 00:30</time>")


def test_a_day_of_the_business_zone_is_half_open():
    day = date(2026, 3, 5)

    assert showing.day_starts(day) == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert showing.day_ends(day) == datetime(2026, 3, 5, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        ("paid", "good"),
        ("submitted", "moving"),
        ("unknown", "attention"),
        ("failed", "alarm"),
        ("draft", "quiet"),
        ("something new", "quiet"),
    ],
)
def test_the_colour_of_a_state_says_what_it_asks_of_the_reader(state, tone):
    assert f'data-tone="{tone}"' in showing.badge(state, "words")


def test_what_people_wrote_is_never_markup():
    text = "<script>alert(1)</script>"

    for shown in (showing.badge(text, text), showing.code(text), showing.structure({text: text})):
        assert "<script>" not in shown
        assert escape("<script>") in shown


@pytest.mark.django_db
def test_an_id_leads_to_what_it_names():
    merchant = MerchantFactory(name="Tea & Co")

    assert showing.subject_url(merchant.pk) == f"/admin/payments/merchant/{merchant.pk}/change/"
    assert showing.names_of_subjects([merchant.pk, "mer_gone", "unallocated"]) == {
        merchant.pk: "Tea & Co"
    }
    assert showing.row_link(merchant).endswith(">Tea &amp; Co</a>")


@pytest.mark.parametrize("subject", ["", "unallocated", "xyz_01", "mer"])
def test_what_names_nothing_leads_nowhere(subject):
    assert "href" not in showing.subject_link(subject)


@pytest.mark.django_db
def test_people_are_named_in_one_query(django_assert_num_queries):
    lan, mei = UserFactory(username="lan"), UserFactory(username="mei")
    actors = [f"user:{lan.pk}", f"user:{mei.pk}", "task:payments.query", "user:nonsense"]

    with django_assert_num_queries(1):
        names = names_of(actors)

    assert names == {f"user:{lan.pk}": "lan", f"user:{mei.pk}": "mei"}
    assert actor_link(f"user:{lan.pk}", names=names).endswith(">lan</a>")
    assert ">task:payments.query<" in actor_link("task:payments.query", names=names)


@pytest.mark.django_db
def test_rows_that_mention_nobody_ask_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        values.name_people([AuditEntry(action="a", subject="s", actor="task:x", at=NOON)])

"""Every code has its sentence, with the figures as people write them."""

import itertools

import pytest
from django.utils import translation

from risk import findings
from risk.rules.base import OWNER_KINDS, LimitSubject, LimitWindow

FIGURES = {
    "limit_minor": 500_000,
    "used_minor": 480_000,
    "amount_minor": 30_000,
    "currency": "CNY",
}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def codes_of_limits():
    kinds = {LimitSubject.PLATFORM, *OWNER_KINDS.values()}
    for kind, window in itertools.product(sorted(kinds), LimitWindow):
        yield f"limit.{kind}.{window}"
        yield f"within.{kind}.{window}"
        if window == LimitWindow.DAY:
            yield f"counted.{kind}.{window}"


def test_says_the_limit_what_is_used_and_what_was_asked():
    assert findings.words("limit.payer.day", FIGURES) == (
        "The payer's limit per day is CN¥5,000.00; CN¥4,800.00 are used, and this payment is"
        " CN¥300.00."
    )


def test_writes_money_as_the_reader_does():
    with translation.override("zh-hans"):
        assert "¥5,000.00" in findings.words("limit.payer.day", FIGURES)
        assert "CN¥" not in findings.words("limit.payer.day", FIGURES)


BOOKED = ("booked.payer.day", "booked.platform.day")
"""Of payments alone: no settlement is made after it failed."""


@pytest.mark.parametrize("code", [*codes_of_limits(), *BOOKED, "limit.none", "rule.failed"])
def test_every_code_that_the_rules_make_has_a_sentence_without_gaps(code):
    said = findings.words(code, {**FIGURES, "rule": "amount.one", "error": "KeyError"})

    assert said != code
    assert "…" not in said
    assert "%" not in said


def test_there_is_no_sentence_that_no_rule_can_ask_for():
    assert set(findings.SENTENCES) == {
        *codes_of_limits(),
        *("password.required", "password.given"),
        *(f"blocked.{kind}" for kind in ("address", "payer", "account")),
        *(f"network.{code}" for code in ("inside", "outside", "no_address")),
        *(f"place.{code}" for code in ("unknown", "same", "proven")),
        *(f"place.other_{code}" for code in ("country", "province")),
        *(f"address.{code}" for code in ("known", "new", "proven")),
        *("limit.none", "rule.failed", *BOOKED),
    }


def test_a_code_from_another_version_is_shown_as_it_is():
    assert findings.words("velocity.card", {"count": 3}) == "velocity.card"


def test_a_missing_figure_leaves_a_gap_and_the_rest_is_said():
    assert findings.words("within.payer.day", {"limit_minor": 100, "currency": "CNY"}) == (
        "The payer's limit per day is CN¥1.00; with this payment … are used."
    )


def test_says_the_findings_of_a_row_in_order():
    rows = [
        {"rule": "amount.one", "code": "limit.none", "facts": {"currency": "JPY"}},
        {"rule": "amount.day", "code": "within.payer.day", "facts": FIGURES},
    ]

    assert findings.all_words(rows) == [
        "No limit is set for JPY.",
        "The payer's limit per day is CN¥5,000.00; with this payment CN¥4,800.00 are used.",
    ]

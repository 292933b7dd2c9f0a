"""The strictest finding decides, and what cannot be evaluated never allows."""

import logging
from collections.abc import Sequence

import pytest

from payments.screening import Verdict
from risk import engine
from risk.rules.base import Facts, Finding, LimitDeed, Rule
from tests.instants import NOON, THURSDAY

FACTS = Facts(
    deed=LimitDeed.PAYMENT,
    subject="pay_1",
    amount_minor=100,
    currency="CNY",
    business_date=THURSDAY,
    at=NOON,
)


def finding(verdict: Verdict, code: str) -> Finding:
    return Finding("some.rule", 1, verdict, code, {})


def allowing(facts: Facts) -> Sequence[Finding]:
    return [finding(Verdict.ALLOW, "fine")]


def failing(facts: Facts) -> Sequence[Finding]:
    raise ZeroDivisionError("with a card number that nobody should read")


def test_a_rule_that_fails_sends_to_review_and_the_others_are_still_asked(caplog):
    # Given
    rules = [Rule("broken", 3, failing), Rule("sound", 1, allowing)]

    # When
    with caplog.at_level(logging.ERROR):
        findings = engine.evaluate(FACTS, rules=rules)

    # Then
    assert findings == [
        Finding(
            "broken",
            3,
            Verdict.REVIEW,
            "rule.failed",
            {"rule": "broken", "error": "ZeroDivisionError"},
        ),
        Finding("some.rule", 1, Verdict.ALLOW, "fine", {}),
    ]
    assert engine.conclude(findings) == engine.Conclusion(Verdict.REVIEW, "rule.failed")
    assert [record.message for record in caplog.records] == ["rule failed"]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.ALLOW, Verdict.ALLOW], ("allow", "")),
        ([Verdict.ALLOW, Verdict.CHALLENGE], ("challenge", "code 1")),
        ([Verdict.REVIEW, Verdict.CHALLENGE], ("challenge", "code 1")),
        ([Verdict.REVIEW, Verdict.DENY, Verdict.DENY], ("deny", "code 1")),
    ],
)
def test_the_strictest_finding_decides_and_the_first_of_them_gives_the_code(verdicts, expected):
    findings = [finding(verdict, f"code {place}") for place, verdict in enumerate(verdicts)]

    conclusion = engine.conclude(findings)

    assert (conclusion.verdict, conclusion.code) == expected


def test_nothing_found_is_not_a_judgement():
    with pytest.raises(ValueError, match="empty"):
        engine.conclude([])

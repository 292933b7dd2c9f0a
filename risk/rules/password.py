"""Ask for the payment password: once a payer has one, above an amount, or when a rule asks."""

from collections.abc import Sequence

from payments.screening import Verdict
from risk.rules.base import Facts, Finding, LimitDeed

PASSWORD = "password"  # noqa: S105  the name of the rule
VERSION = 1

REQUIRED = "password.required"
GIVEN = "password.given"


def judge_password(facts: Facts) -> Sequence[Finding]:
    """Ask for the password where it is wanted, and say so when it was typed.

    Nobody is behind a payment link whom we could ask, so those go without.
    """
    if facts.deed != LimitDeed.PAYMENT or facts.payer_id is None:
        return []
    if facts.is_proven:
        return [Finding(PASSWORD, VERSION, Verdict.ALLOW, GIVEN, {})]
    return [required()] if facts.is_password_wanted else []


def in_one_voice(findings: Sequence[Finding]) -> list[Finding]:
    """Let whatever asks who is there ask for the password first: doors know that one code."""
    asks = any(finding.verdict == Verdict.CHALLENGE for finding in findings)
    if not asks or any(finding.code == REQUIRED for finding in findings):
        return list(findings)
    return [required(), *findings]


def required() -> Finding:
    """Say that the password has to be typed before anything goes on."""
    return Finding(PASSWORD, VERSION, Verdict.CHALLENGE, REQUIRED, {})

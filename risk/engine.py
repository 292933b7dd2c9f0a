"""Ask the rules one by one, and conclude the verdict from what they found."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from payments.screening import Verdict
from risk.rules import address, amount, lists, password
from risk.rules.base import Facts, Finding, Rule

logger = logging.getLogger(__name__)

RULES: tuple[Rule, ...] = (
    Rule(lists.BLOCK_LIST, lists.VERSION, lists.judge_block_list),
    Rule(address.NETWORKS, address.VERSION, address.judge_networks),
    Rule(amount.ONE_AMOUNT, amount.VERSION, amount.judge_one_amount),
    Rule(password.PASSWORD, password.VERSION, password.judge_password),
    Rule(address.PLACE, address.VERSION, address.judge_place),
    Rule(address.NEW_ADDRESS, address.VERSION, address.judge_new_address),
)
"""The rules in force. Daily limits are judged by their counters, after these."""

# Who is there is asked before anybody looks at the case: what an officer releases from review is
# not judged again, so a password that was not asked for by then never would be.
_ORDER = (Verdict.ALLOW, Verdict.REVIEW, Verdict.CHALLENGE, Verdict.DENY)
_SEVERITY = {verdict: place for place, verdict in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict of all findings together; `code` is empty when allowed."""

    verdict: Verdict
    code: str


def evaluate(facts: Facts, *, rules: Sequence[Rule]) -> list[Finding]:
    """Ask every rule. One that fails never allows: its finding sends the deed to review."""
    findings: list[Finding] = []
    for rule in rules:
        try:
            findings.extend(rule.find(facts))
        except Exception as error:  # Whatever went wrong, nobody was judged.
            logger.exception("rule failed", extra={"rule": rule.name, "subject": facts.subject})
            findings.append(
                Finding(
                    rule.name,
                    rule.version,
                    Verdict.REVIEW,
                    "rule.failed",
                    # The class only: an exception's text may carry what nobody should read.
                    {"rule": rule.name, "error": type(error).__name__},
                )
            )
    return findings


def conclude(findings: Sequence[Finding]) -> Conclusion:
    """Let the strictest finding decide; of equally strict ones the first gives the code.

    Raises ValueError without findings: who asked nothing has not judged.
    """
    strictest = max(findings, key=lambda finding: _SEVERITY[finding.verdict])
    if strictest.verdict == Verdict.ALLOW:
        return Conclusion(Verdict.ALLOW, "")
    return Conclusion(strictest.verdict, strictest.code)

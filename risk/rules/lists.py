"""Judge a deed by the block list: whoever stands on it is refused before anything is counted."""

from collections.abc import Sequence

from payments.screening import Verdict
from risk.rules.base import Facts, Finding

BLOCK_LIST = "lists.block"
VERSION = 1


def judge_block_list(facts: Facts) -> Sequence[Finding]:
    """Deny what stands on the block list, and name which of it."""
    return [
        Finding(BLOCK_LIST, VERSION, Verdict.DENY, f"blocked.{kind}", _shown(facts, kind))
        for kind in facts.blocked
    ]


def _shown(facts: Facts, kind: str) -> dict[str, int | str]:
    """Give the figures of the sentence; an account's number is never among them."""
    return {"address": facts.client_ip or ""} if kind == "address" else {}

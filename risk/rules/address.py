"""Judge where a deed comes from: bound networks, a change of place, a new address.

What nobody knows is said as unknown; no rule pretends. Who typed the payment password for exactly
this payment has answered the question that a new place asks; a change of country is looked at all
the same.
"""

import ipaddress
from collections.abc import Sequence

from payments.screening import Verdict
from risk.rules.base import Facts, Finding, LimitDeed

NETWORKS = "address.networks"
PLACE = "address.place"
NEW_ADDRESS = "address.new"
VERSION = 1


def judge_networks(facts: Facts) -> Sequence[Finding]:
    """Deny what comes from outside the networks that the payer or merchant is bound to.

    A settlement that no person asked for comes from nowhere and is not judged by this.
    """
    if not facts.networks or (facts.deed == LimitDeed.SETTLEMENT and facts.client_ip is None):
        return []
    figures = {"address": facts.client_ip or ""}
    if facts.client_ip is None:
        return [Finding(NETWORKS, VERSION, Verdict.DENY, "network.no_address", {})]
    address = ipaddress.ip_address(facts.client_ip)
    if any(address in ipaddress.ip_network(network) for network in facts.networks):
        return [Finding(NETWORKS, VERSION, Verdict.ALLOW, "network.inside", figures)]
    return [Finding(NETWORKS, VERSION, Verdict.DENY, "network.outside", figures)]


def judge_place(facts: Facts) -> Sequence[Finding]:
    """Compare where the address is with where this payer's last one was.

    Another country goes to a risk officer; another province asks for the payment password.
    """
    if facts.deed != LimitDeed.PAYMENT or facts.payer_id is None or not facts.has_history:
        return []
    if facts.place is None or facts.last_place is None:
        return [Finding(PLACE, VERSION, Verdict.ALLOW, "place.unknown", {})]
    figures = {"place": str(facts.place), "last_place": str(facts.last_place)}
    if facts.place.country != facts.last_place.country:
        return [Finding(PLACE, VERSION, Verdict.REVIEW, "place.other_country", figures)]
    is_elsewhere = facts.place.province != facts.last_place.province
    if not is_elsewhere or not (facts.place.province and facts.last_place.province):
        return [Finding(PLACE, VERSION, Verdict.ALLOW, "place.same", figures)]
    if facts.is_proven:
        return [Finding(PLACE, VERSION, Verdict.ALLOW, "place.proven", figures)]
    return [Finding(PLACE, VERSION, Verdict.CHALLENGE, "place.other_province", figures)]


def judge_new_address(facts: Facts) -> Sequence[Finding]:
    """Ask for the payment password when a known payer pays much from an address never seen.

    The first payment of a payer has nothing to be compared with.
    """
    above_minor = facts.new_address_above_minor
    if (
        facts.deed != LimitDeed.PAYMENT
        or facts.payer_id is None
        or not facts.has_history
        or above_minor is None
        or facts.amount_minor <= above_minor
    ):
        return []
    figures: dict[str, int | str] = {
        "address": facts.client_ip or "",
        "amount_minor": facts.amount_minor,
        "above_minor": above_minor,
        "currency": facts.currency,
    }
    if facts.is_address_known:
        return [Finding(NEW_ADDRESS, VERSION, Verdict.ALLOW, "address.known", figures)]
    if facts.is_proven:
        return [Finding(NEW_ADDRESS, VERSION, Verdict.ALLOW, "address.proven", figures)]
    return [Finding(NEW_ADDRESS, VERSION, Verdict.CHALLENGE, "address.new", figures)]

"""What is found of where a deed comes from."""

import pytest

from payments.screening import Verdict
from risk.locator import Place
from risk.rules import address
from risk.rules.base import Facts, LimitDeed
from tests.instants import NOON, THURSDAY

SHANGHAI = Place("CN", "Shanghai")
BEIJING = Place("CN", "Beijing")
PARIS = Place("FR", "Ile-de-France")


def facts(**more):
    given = {
        "deed": LimitDeed.PAYMENT,
        "subject": "pay_1",
        "amount_minor": 60_000,
        "currency": "CNY",
        "business_date": THURSDAY,
        "at": NOON,
        "payer_id": "pyr_1",
        "client_ip": "203.0.113.7",
    }
    return Facts(**{**given, **more})


def said(findings):
    return [(finding.verdict, finding.code) for finding in findings]


@pytest.mark.parametrize(
    ("networks", "client_ip", "expected"),
    [
        ((), "203.0.113.7", []),
        (("203.0.113.0/24",), "203.0.113.7", [(Verdict.ALLOW, "network.inside")]),
        (("203.0.113.8",), "203.0.113.7", [(Verdict.DENY, "network.outside")]),
        (("2001:db8::/32",), "203.0.113.7", [(Verdict.DENY, "network.outside")]),
        (("198.51.100.0/24", "203.0.113.7"), "203.0.113.7", [(Verdict.ALLOW, "network.inside")]),
        (("203.0.113.0/24",), None, [(Verdict.DENY, "network.no_address")]),
    ],
)
def test_who_is_bound_to_networks_comes_from_them(networks, client_ip, expected):
    found = address.judge_networks(facts(networks=networks, client_ip=client_ip))

    assert said(found) == expected


def test_a_settlement_that_no_person_asked_for_comes_from_nowhere():
    bound = {"deed": LimitDeed.SETTLEMENT, "networks": ("203.0.113.0/24",)}

    assert address.judge_networks(facts(**bound, client_ip=None)) == []
    assert said(address.judge_networks(facts(**bound, client_ip="198.51.100.1"))) == [
        (Verdict.DENY, "network.outside")
    ]


@pytest.mark.parametrize(
    ("place", "last_place", "expected"),
    [
        (SHANGHAI, SHANGHAI, (Verdict.ALLOW, "place.same")),
        (BEIJING, SHANGHAI, (Verdict.CHALLENGE, "place.other_province")),
        (PARIS, SHANGHAI, (Verdict.REVIEW, "place.other_country")),
        (Place("CN"), SHANGHAI, (Verdict.ALLOW, "place.same")),
        (None, SHANGHAI, (Verdict.ALLOW, "place.unknown")),
        (PARIS, None, (Verdict.ALLOW, "place.unknown")),
    ],
)
def test_a_change_of_place(place, last_place, expected):
    found = address.judge_place(facts(place=place, last_place=last_place, has_history=True))

    assert said(found) == [expected]


def test_the_password_answers_another_province_and_not_another_country():
    proven = {"is_proven": True, "has_history": True, "last_place": SHANGHAI}

    assert said(address.judge_place(facts(**proven, place=BEIJING))) == [
        (Verdict.ALLOW, "place.proven")
    ]
    assert said(address.judge_place(facts(**proven, place=PARIS))) == [
        (Verdict.REVIEW, "place.other_country")
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"has_history": False},
        {"has_history": True, "payer_id": None},
        {"has_history": True, "deed": LimitDeed.SETTLEMENT},
    ],
)
def test_a_place_is_compared_for_payers_who_have_paid_before(more):
    assert address.judge_place(facts(place=PARIS, last_place=SHANGHAI, **more)) == []


@pytest.mark.parametrize(
    ("amount_minor", "more", "expected"),
    [
        (50_000, {}, []),
        (50_001, {}, [(Verdict.CHALLENGE, "address.new")]),
        (50_001, {"is_address_known": True}, [(Verdict.ALLOW, "address.known")]),
        (50_001, {"is_proven": True}, [(Verdict.ALLOW, "address.proven")]),
        (50_001, {"has_history": False}, []),
        (50_001, {"new_address_above_minor": None}, []),
    ],
)
def test_a_new_address_above_an_amount_asks_for_the_password(amount_minor, more, expected):
    given = {"has_history": True, "new_address_above_minor": 50_000, **more}

    found = address.judge_new_address(facts(amount_minor=amount_minor, **given))

    assert said(found) == expected

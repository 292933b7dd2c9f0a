"""Networks that somebody is bound to, and places that payers pay from."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.models import Payer
from payments.screening import Verdict
from risk.actions import networks, screenings
from risk.errors import (
    AlreadyBoundError,
    InvalidNetworkError,
    NotBoundError,
    RiskReasonMissingError,
    UnknownBoundError,
)
from risk.locator import _locator
from risk.models import BoundKind, PayerAddress, Screening
from tests.factories.payments import MerchantFactory
from tests.factories.risk import asked_payment
from tests.instants import NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

WHO = {"actor": "user:7", "at": NOON}
LATER = NOON + timedelta(hours=1)
PLACES = """network,country,province
203.0.113.0/25,CN,Shanghai
203.0.113.128/25,CN,Beijing
198.51.100.0/24,FR,
"""


@pytest.fixture
def payer():
    return Payer.objects.create(external_no="payer-1", created_at=NOON)


@pytest.fixture
def places(tmp_path, settings):
    path = tmp_path / "places.csv"
    path.write_text(PLACES)
    settings.IP_PLACES_FILE = str(path)
    yield
    _locator.cache_clear()


def bind(subject_id, network="203.0.113.0/24", *, kind=BoundKind.PAYER, reason="office only"):
    return networks.bind_network(
        subject_kind=kind, subject_id=subject_id, network=network, reason=reason, **WHO
    )


def judged(payer, client_ip, *, at=NOON, amount_minor=1_000):
    with transaction.atomic():
        return screenings.screen_payment(
            asked_payment(payer_id=payer.pk, client_ip=client_ip, at=at, amount_minor=amount_minor)
        )


def settled(merchant, client_ip):
    with transaction.atomic():
        return screenings.screen_settlement(
            settlement_id="stl_1",
            merchant_id=merchant.pk,
            amount_minor=10_000,
            currency="CNY",
            business_date=THURSDAY,
            client_ip=client_ip,
            at=NOON,
        )


class TestBind:
    def test_a_payer_pays_from_their_networks_only(self, payer):
        # Given
        bind(payer.pk)
        bind(payer.pk, "2001:db8::/32")

        # Then
        assert judged(payer, "203.0.113.9").verdict == Verdict.ALLOW
        assert judged(payer, "2001:db8::9").verdict == Verdict.ALLOW
        outside = judged(payer, "198.51.100.1")
        assert (outside.verdict, outside.code) == (Verdict.DENY, "network.outside")
        assert judged(payer, None).code == "network.no_address"

    def test_a_merchant_asks_for_settlements_from_theirs_and_runs_ask_nobody(self):
        # Given
        merchant = MerchantFactory()
        bind(merchant.pk, kind=BoundKind.MERCHANT)

        # Then
        assert settled(merchant, "203.0.113.9").verdict == Verdict.ALLOW
        assert settled(merchant, "198.51.100.1").code == "network.outside"
        assert settled(merchant, None).verdict == Verdict.ALLOW

    def test_writes_who_and_why(self, payer):
        bound = bind(payer.pk)

        kept = AuditEntry.objects.get()
        facts = {"network": "203.0.113.0/24", "id": bound.pk}
        assert (kept.action, kept.subject, kept.actor, kept.reason, kept.before, kept.after) == (
            "network.bound",
            payer.pk,
            "user:7",
            "office only",
            {**facts, "is_bound": False},
            {**facts, "is_bound": True},
        )

    def test_is_refused_for_nobody_without_a_reason_twice_and_for_no_network(self, payer):
        bind(payer.pk)
        with nothing_written():
            with pytest.raises(UnknownBoundError):
                bind("pyr_0")
            with pytest.raises(UnknownBoundError):
                bind(payer.pk, kind=BoundKind.MERCHANT)
            with pytest.raises(RiskReasonMissingError):
                bind(payer.pk, "198.51.100.0/24", reason=" ")
            with pytest.raises(AlreadyBoundError):
                bind(payer.pk)
            with pytest.raises(InvalidNetworkError):
                bind(payer.pk, "everywhere")

    def test_released_every_address_is_allowed_again(self, payer):
        # Given
        bound = bind(payer.pk)

        # When
        networks.release_network(bound.pk, reason="moved", **WHO)

        # Then
        assert judged(payer, "198.51.100.1").verdict == Verdict.ALLOW
        with nothing_written():
            with pytest.raises(NotBoundError):
                networks.release_network(bound.pk, reason="again", **WHO)
            with pytest.raises(RiskReasonMissingError):
                networks.release_network(bound.pk, reason="", **WHO)


class TestPlaces:
    def test_what_is_allowed_is_remembered_with_where_it_was(self, payer, places):
        # When
        judged(payer, "203.0.113.9")
        judged(payer, "203.0.113.9", at=LATER)

        # Then
        kept = PayerAddress.objects.get()
        assert (kept.address, kept.country, kept.province) == ("203.0.113.9", "CN", "Shanghai")
        assert (kept.first_used_at, kept.last_used_at) == (NOON, LATER)

    def test_another_country_goes_to_an_officer_and_is_not_remembered(self, payer, places):
        # Given
        judged(payer, "203.0.113.9")

        # When
        judgement = judged(payer, "198.51.100.1", at=LATER)

        # Then
        assert (judgement.verdict, judgement.code) == (Verdict.REVIEW, "place.other_country")
        assert PayerAddress.objects.count() == 1
        found = Screening.objects.get(pk=judgement.screening_id).findings
        assert {"place": "FR", "last_place": "CN Shanghai"} in [one["facts"] for one in found]

    def test_another_province_asks_for_the_password(self, payer, places):
        judged(payer, "203.0.113.9")

        judgement = judged(payer, "203.0.113.200", at=LATER)

        assert (judgement.verdict, judgement.code) == (Verdict.CHALLENGE, "password.required")

    def test_without_a_file_nobody_pretends(self, payer):
        judged(payer, "203.0.113.9")

        judgement = judged(payer, "198.51.100.1", at=LATER)

        assert judgement.verdict == Verdict.ALLOW
        codes = [one["code"] for one in Screening.objects.get(pk=judgement.screening_id).findings]
        assert "place.unknown" in codes

    def test_a_new_address_above_an_amount_asks_for_the_password(self, payer):
        judged(payer, "203.0.113.9")

        assert judged(payer, "198.51.100.1", amount_minor=50_000).verdict == Verdict.ALLOW
        asked = judged(payer, "198.51.100.2", amount_minor=50_001)
        assert (asked.verdict, asked.code) == (Verdict.CHALLENGE, "password.required")
        assert judged(payer, "203.0.113.9", amount_minor=50_001).verdict == Verdict.ALLOW

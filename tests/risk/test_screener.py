"""The port of payments finds the judge that settings name."""

import pytest

from payments.screening import Verdict, get_screener
from risk.screener import RiskScreener
from tests.factories.risk import asked_payment, used_minor
from tests.instants import NOON, THURSDAY


@pytest.mark.django_db
def test_the_plug_fits_the_port_and_judges_and_gives_back():
    # Given
    screener = get_screener()
    request = asked_payment(payer_id="pyr_1", amount_minor=100_000)

    # When
    judgement = screener.screen(request)
    counted_minor = used_minor("pyr_1")
    screener.give_back(request.payment_id, at=NOON)
    given_back_minor = used_minor("pyr_1")
    screener.count_again(request.payment_id, business_date=THURSDAY, at=NOON)

    # Then
    assert isinstance(screener, RiskScreener)
    assert judgement.verdict == Verdict.ALLOW
    assert (counted_minor, given_back_minor, used_minor("pyr_1")) == (100_000, 0, 100_000)

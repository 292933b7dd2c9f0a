"""The port through which payments asks to be judged."""

import pytest

from payments.screening import Screener, Verdict, get_screener
from risk.screener import RiskScreener


@pytest.fixture(autouse=True)
def named_anew():
    """Read the setting at the beginning and leave nothing remembered."""
    get_screener.cache_clear()
    yield
    get_screener.cache_clear()


def test_the_judge_is_risk_unless_a_deployment_names_another():
    judge: Screener = get_screener()
    assert isinstance(judge, RiskScreener)


def test_the_judge_is_made_once():
    assert get_screener() is get_screener()


def test_a_judge_that_does_not_exist_is_noticed(settings):
    settings.PAYMENT_SCREENER = "risk.nobody.Nobody"
    with pytest.raises(ImportError):
        get_screener()


def test_verdicts_grow_stricter_in_their_order():
    assert list(Verdict) == ["allow", "challenge", "review", "deny"]

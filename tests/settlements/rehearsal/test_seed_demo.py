"""Seeding the demo against a simulator that runs already."""

import io
import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from payments.models import ChannelAccount, Merchant, MerchantMember
from settlements.models import Destination
from tests.rig import database


@pytest.fixture
def seed(transactional_db, simulator, tmp_path):
    def seed(url=simulator.url):
        shown = io.StringIO()
        call_command("seed_demo", simulator_url=url, var=tmp_path / "var", stdout=shown)
        return shown.getvalue()

    return seed


def rows():
    owner = database.owner_connection()
    return {
        name: owner.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in database.tables_with_rows()
    }


def test_makes_a_marketplace_with_merchants_and_people(seed, simulator, tmp_path):
    # When
    shown = seed()

    # Then
    assert Merchant.objects.count() == Destination.objects.filter(is_active=True).count() == 6
    assert sorted(ChannelAccount.objects.values_list("channel", "gateway_url", "can_transfer")) == [
        ("alipay", f"{simulator.url}/gateway.do", False),
        ("alipay", f"{simulator.url}/gateway.do", True),
        ("bank", f"{simulator.url}/bank", False),
        ("unionpay", f"{simulator.url}/unionpay/gateway/api", False),
        ("wechatpay", simulator.url, False),
    ]
    assert list(User.objects.order_by("username").values_list("username", flat=True)) == [
        *("audit", "lin", "qian", "sun", "tea", "wang", "zhao")
    ]
    owner = MerchantMember.objects.select_related("merchant", "user").get()
    assert (owner.user.username, owner.merchant.external_no, owner.role) == ("tea", "B001", "owner")
    record = json.loads((tmp_path / "var" / "demo.json").read_text())
    for username, person in record["people"].items():
        assert f"{username} " in shown
        assert person["password"] in shown
        assert Client().login(username=username, password=person["password"])


def test_seeding_again_changes_nothing(seed):
    # Given
    first = seed()
    before = rows()

    # When
    second = seed()

    # Then
    assert second == first
    assert rows() == before


def test_a_password_that_a_cut_has_lost_is_made_anew(seed, tmp_path):
    # Given
    seed()
    (tmp_path / "var" / "demo.json").unlink()

    # When
    seed()

    # Then
    record = json.loads((tmp_path / "var" / "demo.json").read_text())
    assert Client().login(username="lin", password=record["people"]["lin"]["password"])


def test_a_live_deployment_is_refused_and_nothing_written(seed, settings):
    # Given
    settings.SANDBOX = False
    before = rows()

    # When, Then
    with pytest.raises(CommandError, match="is for a sandbox"):
        seed()
    assert rows() == before


def test_a_simulator_that_does_not_answer_is_refused_and_nothing_written(seed, tmp_path):
    # Given
    before = rows()

    # When, Then
    with pytest.raises(CommandError, match=r"No simulator answers at http://127\.0\.0\.1:1"):
        seed("http://127.0.0.1:1/")
    assert rows() == before
    assert not (tmp_path / "var").exists()


def test_another_simulator_than_the_demo_s_own_is_refused(seed, simulator):
    # Given
    seed()
    before = rows()

    # When, Then
    with pytest.raises(CommandError, match="lives with another simulator"):
        seed(simulator.url.replace("127.0.0.1", "localhost"))
    assert rows() == before

"""The demo as a visitor runs it: a few days, a summary, a house that is open, and its end."""

import json
import re
import stat
import time

import httpx
import pytest

from tests.settlements.rehearsal.house import port_with_neighbour, wait_until_free

DAYS = "9"
OF_CHANNELS = (
    *("authorisation", "capture", "void", "parkedmoney", "refundremedy", "paymentlink"),
    *("routingrule", "methodswitch", "sendinghold", "channeloperation", "channelnotification"),
)
"""Lists of the back office that are about what channels do, and what is arranged with them."""


@pytest.fixture(scope="module")
def played(make_house, tmp_path_factory):
    """Play a few days once, as `DEMO_EXIT=1 make demo` plays thirty."""
    house, var = make_house(), tmp_path_factory.mktemp("var")
    run = house.manage(
        *("demo", "--days", DAYS, "--var", str(var)),
        DEMO_EXIT="1",
        DEMO_PORT=str(port_with_neighbour()),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return house, var, run.stdout


def summary(text):
    """Read the summary's lines as label and figure."""
    return dict(re.findall(r"^  (\S.*?) {2,}(.+)$", text, flags=re.MULTILINE))


def test_ends_with_a_summary_of_what_exists(played):
    # Given
    house, _var, text = played

    # Then
    figures = summary(text)
    (paid,) = house.ask(
        "SELECT count(*), sum(amount_minor) FROM payments_payment WHERE status = 'paid'"
    )
    assert paid[0] > 15
    assert figures["payments paid"] == f"{paid[0]}  {paid[1] // 100}.{paid[1] % 100:02}"
    assert figures["books balanced"].startswith("yes, ")
    assert set(figures) == {
        *("payments paid", "not paid", "refunded", "fees earned"),
        *("paid out", "settlements waiting", "days closed", "books balanced"),
    }


def test_no_list_of_what_channels_do_is_looked_at_empty(played):
    # Given
    house, _var, _text = played

    # Then
    counts = house.row_counts()
    assert [name for name in OF_CHANNELS if not counts[f"payments_{name}"]] == []


def test_what_seldom_happens_has_happened(played):
    # Given
    house, _var, _text = played

    # Then
    assert house.ask("SELECT status FROM payments_payment WHERE link_id IS NOT NULL") == [("paid",)]
    found = house.ask(
        "SELECT merchant_order_no, status FROM payments_payment WHERE merchant_order_no !~ '[0-9]'"
    )
    assert sorted(found) == [
        *(
            ("HELD", "paid"),
            ("KEPT", "authorized"),
            ("LATE-ASKED", "paid_late"),
            ("LATE-BACK", "refunded_late"),
        ),
        *(("OTHER", "conflicted"), ("TWICE", "paid"), ("UNDELIVERED", "paid"), ("VOID", "closed")),
    ]
    assert house.ask("SELECT kind, status FROM payments_parkedmoney ORDER BY kind, status") == [
        *(("conflicted", "waiting"), ("paid_late", "returned")),
        *(("paid_late", "waiting"), ("paid_twice", "waiting")),
    ]
    assert house.ask("SELECT status FROM payments_refundremedy") == [("pending_approval",)]


def test_every_kind_of_decision_about_channels_waits_for_a_visitor(played):
    # Given
    house, _var, _text = played

    # Then
    asked = house.ask("SELECT kind FROM ledger_approvalrequest WHERE state = 'pending'")
    wanted = {"payment_resolution", "refund_remedy", "routing_rule", "sending_hold"}
    assert wanted - {kind for (kind,) in asked} == set()


def test_leaves_no_line_of_the_bank_unexplained(played):
    house, _var, _text = played

    assert house.ask("SELECT text FROM settlements_billline WHERE state = 'open'") == []
    (paid,) = house.ask(
        "SELECT count(*) FROM settlements_payout p"
        " JOIN payments_channeloperation o ON o.id = p.operation_id"
        " JOIN payments_channelaccount c ON c.id = o.channel_account_id"
        " WHERE c.can_transfer AND p.status = 'succeeded'"
    )
    (booked,) = house.ask("SELECT count(*) FROM ledger_journalentry WHERE kind LIKE '%topped_up'")
    assert paid[0] > 0
    assert booked[0] > 0


def test_keeps_the_sign_ins_for_their_owner_alone(played):
    # Given
    _house, var, _text = played

    # Then
    record = json.loads((var / "demo.json").read_text())
    assert set(record["people"]) == {"lin", "wang", "zhao", "audit", "sun", "qian", "tea"}
    assert record["api_secret"].startswith("tpk_")
    assert stat.S_IMODE((var / "demo.json").stat().st_mode) == 0o600
    assert not (var / "demo.pid").exists()


def test_running_again_plays_nothing_twice(played):
    # Given
    house, var, text = played
    before = house.row_counts()

    # When
    again = house.manage(
        "demo", "--var", str(var), DEMO_EXIT="1", DEMO_PORT=str(port_with_neighbour())
    )

    # Then
    assert again.returncode == 0, again.stderr
    assert summary(again.stdout) == summary(text)
    assert house.row_counts() == before


def test_serves_at_another_port_until_it_is_stopped(played):
    # Given
    house, var, _text = played
    port = port_with_neighbour()
    running = house.start("demo", "--var", str(var), DEMO_PORT=str(port))
    wait_for(f"http://127.0.0.1:{port}/livez", running)

    # When
    people = json.loads((var / "demo.json").read_text())["people"]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as visitor:
        lin = sign_in(visitor, "lin", people)
        visitor.cookies.clear()
        tea = sign_in(visitor, "tea", people)

    # Then
    assert (lin, tea) == ("/admin/", "/portal/")
    assert (
        house.ask("SELECT gateway_url FROM payments_channelaccount WHERE channel = 'alipay'")
        == [(f"http://127.0.0.1:{port + 1}/gateway.do",)] * 2
    )

    # When
    stopped = house.manage("demo", "--stop", "--var", str(var))

    # Then
    assert "The demo has ended." in stopped.stdout
    assert running.wait(timeout=20) == 0
    assert wait_until_free([port, port + 1])
    assert "No demo is running." in house.manage("demo", "--stop", "--var", str(var)).stdout


def wait_for(url, running):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, "the demo ended"
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")


def sign_in(visitor, username, people):
    """Sign in by the page's own form, and return the door to which the house sends this person."""
    page = visitor.get("/accounts/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text).group(1)
    answer = visitor.post(
        "/accounts/login/",
        data={
            "login": username,
            "password": people[username]["password"],
            "csrfmiddlewaretoken": token,
        },
        headers={"Referer": str(visitor.base_url)},
    )
    assert answer.status_code == 302, answer.text
    door = visitor.get("/").headers["location"]
    # Nobody is asked to enrol a second factor first: this is a demo.
    assert visitor.get(door).status_code == 200
    return door

"""The front page and the control page: what they show, what their forms order, who may."""

import re

import pytest

from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

PAGE = "/control/page"


def press(simulator: SimulatorProcess, **form: str):
    """Send a form of the control page as a browser does."""
    return simulator.send("POST", PAGE, data=form, headers={"Origin": simulator.url})


def test_the_front_page_leads_to_everything(simulator: SimulatorProcess) -> None:
    # When
    shown = simulator.get("/")

    # Then
    assert shown.status_code == 200
    links = set(re.findall(r'href="([^"]+)"', shown.text))
    assert {"/phone", PAGE, "/healthz"} <= links
    assert simulator.get("/phone").status_code == 200
    assert "<script" not in shown.text


def test_the_front_page_lists_what_waits_for_its_payer(
    simulator: SimulatorProcess, shop: Shop, number: str
) -> None:
    # Given
    shop.precreate(number)
    path = simulator.get(f"/control/trades/{shop.app_id}/{number}").json()["payer_path"]

    # Then
    assert f'<a href="{path}">{number}</a>' in simulator.get("/").text

    # When
    simulator.post("/control/pay", app_id=shop.app_id, out_trade_no=number)

    # Then
    assert number not in simulator.get("/").text


def test_the_control_page_orders_and_shows_what_waits(start_simulator: StartSimulator) -> None:
    # Given
    simulator = start_simulator()

    # When
    answers = [
        press(simulator, order="clock", now="2030-01-01T00:00:00Z", rate=""),
        press(simulator, order="faults", kind="slow", count="2", seconds="0.5", method=""),
        press(simulator, order="alipay/plans", kind="refund_delayed", seconds="60"),
        press(simulator, order="script", script='[{"order": "faults", "kind": "http_500"}]'),
    ]

    # Then
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, PAGE)] * 4
    shown = simulator.get(PAGE).text
    assert "2030-01-01T00:00:00.000Z" in shown
    assert "<td>slow</td>" in shown
    assert "<td>http_500</td>" in shown
    assert "<td>refund_delayed</td>" in shown
    assert "<script" not in shown

    # When
    press(simulator, order="forget", what="faults")
    press(simulator, order="clock", real="1", force="1")

    # Then
    assert "<td>slow</td>" not in simulator.get(PAGE).text
    assert simulator.get("/control/clock").json()["mode"] == "real"


def test_the_log_is_on_the_page(simulator: SimulatorProcess, shop: Shop, number: str) -> None:
    shop.precreate(number)

    assert f"<td>{number}</td>" in simulator.get(PAGE).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"order": "faults", "kind": "slow", "count": "0"}, "count must be 1 or more"),
        ({"order": "faults", "kind": "slow", "count": "x"}, "count is not a number: x"),
        ({"order": "script", "script": "{"}, "the script is not JSON"),
        ({"order": "<b>"}, "/control/&lt;b&gt;"),
        ({}, "/control/"),
    ],
)
def test_a_refusal_is_said_on_the_page(
    simulator: SimulatorProcess, form: dict[str, str], said: str
) -> None:
    # When
    answer = press(simulator, **form)

    # Then
    assert 400 <= answer.status_code < 500
    assert f'role="alert">{said}' in answer.text
    assert simulator.get("/control/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example:80"}],
)
def test_other_sites_cannot_press(simulator: SimulatorProcess, headers: dict[str, str]) -> None:
    # When
    answer = simulator.send("POST", PAGE, data={"order": "faults", "kind": "slow"}, headers=headers)

    # Then
    assert (answer.status_code, answer.json()["error"]) == (403, "not_local")
    assert simulator.get("/control/faults").json() == {"faults": []}

"""Fault scripts: steps in order, one go, and what is refused is said with its place."""

import pytest

from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator


def run(simulator: SimulatorProcess, steps: object):
    return simulator.send("POST", "/control/script", json=steps)


def test_orders_of_all_kinds_go_in_one_go(start_simulator: StartSimulator) -> None:
    # Given
    simulator = start_simulator()

    # When
    answer = run(
        simulator,
        [
            {"order": "clock", "now": "2030-01-01T00:00:00Z"},
            {"order": "faults", "kind": "slow", "seconds": 0.5, "count": 2},
            {"order": "alipay/plans", "kind": "refund_delayed", "seconds": 60},
            {
                "order": "bills",
                "channel": "alipay",
                "owner": "a",
                "day": "2030-01-01",
                "kind": "missing",
                "number": "N1",
            },
        ],
    )

    # Then
    assert (answer.status_code, answer.json()["steps"]) == (200, 4)
    assert simulator.get("/control/clock").json()["now"] == "2030-01-01T00:00:00.000Z"
    (fault,) = simulator.get("/control/faults").json()["faults"]
    assert (fault["kind"], fault["count"]) == ("slow", 2)
    (change,) = simulator.get("/control/bills").json()["changes"]
    assert (change["kind"], change["number"]) == ("missing", "N1")

    # When
    forgotten = run(
        simulator, [{"order": "forget", "what": what} for what in ("faults", "bills")]
    ).json()

    # Then
    assert forgotten["answers"] == [{"forgotten": 2}, {"forgotten": 1}]
    assert simulator.get("/control/faults").json() == {"faults": []}


def test_the_first_refusal_ends_it_and_names_its_step(start_simulator: StartSimulator) -> None:
    # Given
    simulator = start_simulator()

    # When
    steps = [
        {"order": "faults", "kind": "slow"},
        {"order": "faults", "kind": "none_such"},
        {"order": "faults", "kind": "http_500"},
    ]
    answer = run(simulator, steps)

    # Then
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "unknown_fault", "detail": "step 2 (faults): there is no fault none_such"},
    )
    waiting = simulator.get("/control/faults").json()["faults"]
    assert [fault["kind"] for fault in waiting] == ["slow"]


@pytest.mark.parametrize(
    "steps",
    [{"order": "clock"}, [{"kind": "slow"}], ["slow"], [{"order": "script"}], [{"order": 1}]],
)
def test_what_is_no_script_does_nothing(
    simulator: SimulatorProcess, shop: Shop, steps: object
) -> None:
    answer = run(simulator, steps)

    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")

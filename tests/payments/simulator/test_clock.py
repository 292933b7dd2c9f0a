"""The virtual clock: real, standing still, or faster; forward only."""

from decimal import Decimal

import pytest

from payments.simulator.clock import (
    ClockBackwardsError,
    VirtualClock,
    iso_text,
    shanghai_date,
    shanghai_ms,
    shanghai_text,
)
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator


class Wall:
    """A machine's clock that a test moves."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class TestVirtualClock:
    def test_shows_real_time_until_it_is_set(self) -> None:
        # Given
        wall = Wall(1_000)
        clock = VirtualClock(real_ms=wall)

        # When
        wall.now_ms = 5_000

        # Then
        assert clock.now_ms() == 5_000

    def test_stands_still_once_fixed(self) -> None:
        # Given
        wall = Wall(1_000)
        clock = VirtualClock(real_ms=wall)
        clock.fix(70_000)

        # When
        wall.now_ms = 5_000

        # Then
        assert clock.now_ms() == 70_000
        assert clock.real_ms_until(70_001) is None

    def test_runs_faster_from_where_it_was(self) -> None:
        # Given
        wall = Wall(1_000)
        clock = VirtualClock(real_ms=wall)
        clock.fix(70_000)
        clock.run_at(Decimal(60))

        # When
        wall.now_ms = 2_000

        # Then
        assert clock.now_ms() == 130_000
        assert clock.real_ms_until(190_000) == 1_001
        assert clock.real_ms_until(130_000) == 0

    def test_refuses_to_go_back_and_stays(self) -> None:
        # Given
        clock = VirtualClock(real_ms=Wall(1_000))
        clock.fix(70_000)

        # When
        with pytest.raises(ClockBackwardsError):
            clock.fix(69_999)

        # Then
        assert clock.now_ms() == 70_000

    def test_goes_back_when_forced(self) -> None:
        # Given
        clock = VirtualClock(real_ms=Wall(1_000))
        clock.fix(70_000)

        # When
        clock.show_real_time(is_forced=True)

        # Then
        assert clock.now_ms() == 1_000

    @pytest.mark.parametrize("rate", [Decimal(0), Decimal("0.5"), Decimal(3600)])
    def test_a_restarted_process_continues(self, rate: Decimal) -> None:
        # Given
        wall = Wall(1_000)
        clock = VirtualClock(real_ms=wall)
        clock.fix(70_000, rate=rate)

        # When
        again = VirtualClock(clock.saved(), real_ms=wall)
        wall.now_ms = 9_000

        # Then
        assert again.now_ms() == clock.now_ms() == 70_000 + int(8_000 * rate)


class TestTexts:
    def test_alipays_time_is_shanghais(self) -> None:
        # Given
        instant_ms = shanghai_ms("2026-02-01 00:30:00")

        # Then
        assert iso_text(instant_ms) == "2026-01-31T16:30:00.000Z"
        assert shanghai_text(instant_ms) == "2026-02-01 00:30:00"
        assert shanghai_date(instant_ms).isoformat() == "2026-02-01"


class TestControl:
    def test_is_set_and_shown_and_kept_over_a_restart(
        self, start_simulator: StartSimulator
    ) -> None:
        # Given
        simulator = start_simulator()
        shown = simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00").json()

        # When
        simulator.stop()
        simulator.start()

        # Then
        assert shown == {"now": "2030-01-05T02:00:00.000Z", "mode": "virtual", "rate": "0"}
        assert simulator.get("/control/clock").json() == shown

    def test_refuses_to_go_back_unless_forced(self, start_simulator: StartSimulator) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00Z")

        # When
        refused = simulator.post("/control/clock", now="2030-01-05T09:59:59Z")
        forced = simulator.post("/control/clock", now="2016-09-04T00:00:00Z", force=True)

        # Then
        assert (refused.status_code, refused.json()["error"]) == (409, "clock_backwards")
        assert forced.json()["now"] == "2016-09-04T00:00:00.000Z"

    def test_follows_real_time_again(self, start_simulator: StartSimulator) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2016-09-04T00:00:00Z", force=True)

        # When
        shown = simulator.post("/control/clock", real=True).json()

        # Then
        assert shown["mode"] == "real"
        assert shown["now"] > "2026"

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"now": "2030-01-05T10:00:00"},
            {"now": "tomorrow"},
            {"now": 5},
            {"rate": "fast"},
            {"rate": True},
            {"rate": -1},
            {"real": True, "rate": 2},
            {"now": "2030-01-05T10:00:00Z", "forced": True},
        ],
    )
    def test_refuses_what_is_no_time(
        self, simulator: SimulatorProcess, fields: dict[str, object]
    ) -> None:
        # When
        response = simulator.post("/control/clock", **fields)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, "bad_request")
        assert simulator.get("/control/clock").json()["mode"] == "real"

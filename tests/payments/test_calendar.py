"""Business days and the day on which money becomes available."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.calendar import (
    Cycle,
    available_on,
    business_date,
    calendar_days,
    is_weekday,
    parse_cycle,
)
from payments.errors import InvalidCycleError, NoBusinessDayError

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")

# Ten years with three leap days (2016, 2020, 2024) and every month end.
DAYS = st.dates(min_value=date(2016, 1, 1), max_value=date(2025, 12, 31))


class TestBusinessDate:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            (datetime(2026, 1, 31, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 1, 31)),
            (datetime(2026, 1, 31, 16, 0, tzinfo=UTC), date(2026, 2, 1)),
            (datetime(2024, 2, 28, 16, 0, tzinfo=UTC), date(2024, 2, 29)),
            (datetime(2024, 2, 29, 16, 0, tzinfo=UTC), date(2024, 3, 1)),
            (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), date(2026, 1, 1)),
            (datetime(2026, 1, 1, 0, 30, tzinfo=SAO_PAULO), date(2026, 1, 1)),
        ],
    )
    def test_the_day_turns_at_midnight_in_shanghai(self, at: datetime, expected: date) -> None:
        assert business_date(at, SHANGHAI) == expected

    def test_the_same_instant_is_another_day_elsewhere(self) -> None:
        # Given
        at = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)

        # Then
        assert business_date(at, SHANGHAI) == date(2026, 1, 1)
        assert business_date(at, SAO_PAULO) == date(2025, 12, 31)

    def test_refuses_an_instant_without_its_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            business_date(datetime(2026, 1, 1), SHANGHAI)  # noqa: DTZ001


class TestParseCycle:
    @pytest.mark.parametrize(
        ("text", "cycle"),
        [
            ("T+1", Cycle("T", 1)),
            ("T1", Cycle("T", 1)),
            ("T+0", Cycle("T", 0)),
            ("D+1", Cycle("D", 1)),
            ("D30", Cycle("D", 30)),
            ("D+365", Cycle("D", 365)),
        ],
    )
    def test_reads_both_spellings(self, text: str, cycle: Cycle) -> None:
        assert parse_cycle(text) == cycle
        assert parse_cycle(str(cycle)) == cycle

    @pytest.mark.parametrize(
        "text",
        ["", "T", "+1", "1", "t+1", "W+1", "T+-1", "T-1", "T+01", "T+366", "T+1 ", "T++1", "T+１"],
    )
    def test_refuses_every_other_text(self, text: str) -> None:
        with pytest.raises(InvalidCycleError) as caught:
            parse_cycle(text)
        assert caught.value.context == {"cycle": text}


class TestAvailableOn:
    @pytest.mark.parametrize(
        ("traded", "cycle", "expected"),
        [
            (date(2026, 1, 5), "T+1", date(2026, 1, 6)),  # Monday
            (date(2026, 1, 9), "T+1", date(2026, 1, 12)),  # Friday, to Monday
            (date(2026, 1, 10), "T+1", date(2026, 1, 12)),  # Saturday, to Monday
            (date(2026, 1, 11), "T+1", date(2026, 1, 12)),  # Sunday, to Monday
            (date(2026, 1, 9), "T+2", date(2026, 1, 13)),
            (date(2026, 1, 9), "T+0", date(2026, 1, 9)),
            (date(2026, 1, 10), "T+0", date(2026, 1, 12)),
            (date(2026, 1, 9), "D+1", date(2026, 1, 10)),
            (date(2026, 1, 10), "D+0", date(2026, 1, 10)),
            (date(2024, 2, 28), "D+1", date(2024, 2, 29)),
            (date(2024, 2, 29), "T+1", date(2024, 3, 1)),
            (date(2023, 2, 28), "T+1", date(2023, 3, 1)),
            (date(2025, 12, 31), "D+1", date(2026, 1, 1)),
        ],
    )
    def test_t_counts_business_days_and_d_counts_all(
        self, traded: date, cycle: str, expected: date
    ) -> None:
        assert available_on(traded, cycle, is_weekday) == expected
        assert available_on(traded, parse_cycle(cycle), is_weekday) == expected

    @pytest.mark.parametrize(
        ("traded", "expected"),
        [
            (date(2026, 2, 13), date(2026, 2, 14)),  # Friday, to the working Saturday
            (date(2026, 2, 14), date(2026, 2, 24)),  # over the whole Spring Festival
            (date(2026, 2, 18), date(2026, 2, 24)),
            (date(2026, 9, 30), date(2026, 10, 8)),  # over the National Day week
        ],
    )
    def test_follows_the_chinese_calendar_of_2026(self, traded: date, expected: date) -> None:
        # Given
        business_days = {day.date for day in calendar_days(2026) if day.is_business_day}

        # Then
        assert available_on(traded, "T+1", business_days.__contains__) == expected

    @given(traded=DAYS, days=st.integers(min_value=0, max_value=90))
    def test_d_is_so_many_days_later(self, traded: date, days: int) -> None:
        assert available_on(traded, Cycle("D", days), is_weekday) - traded == timedelta(days=days)

    @given(traded=DAYS, days=st.integers(min_value=1, max_value=30))
    def test_t_passes_exactly_so_many_business_days(self, traded: date, days: int) -> None:
        # When
        available = available_on(traded, Cycle("T", days), is_weekday)

        # Then
        passed = [
            traded + timedelta(days=count) for count in range(1, 1 + (available - traded).days)
        ]
        assert sum(map(is_weekday, passed)) == days
        assert is_weekday(available)

    @given(
        traded=DAYS,
        later=st.integers(min_value=0, max_value=30),
        days=st.integers(min_value=0, max_value=10),
        kind=st.sampled_from(["T", "D"]),
    )
    def test_later_money_is_never_available_earlier(
        self, traded: date, later: int, days: int, kind: str
    ) -> None:
        # Given
        cycle = parse_cycle(f"{kind}+{days}")

        # Then
        first = available_on(traded, cycle, is_weekday)
        assert first >= traded
        assert available_on(traded + timedelta(days=later), cycle, is_weekday) >= first

    def test_refuses_a_calendar_that_was_never_filled_in(self) -> None:
        with pytest.raises(NoBusinessDayError) as caught:
            available_on(date(2026, 1, 5), "T+1", frozenset().__contains__)
        assert caught.value.context == {"day": "2026-01-05"}

    def test_refuses_a_cycle_that_is_none(self) -> None:
        with pytest.raises(InvalidCycleError):
            available_on(date(2026, 1, 5), "weekly", is_weekday)


class TestCalendarDays:
    @pytest.mark.parametrize(("year", "length"), [(2023, 365), (2024, 366), (2026, 365)])
    def test_lists_every_day_of_the_year_once_in_order(self, year: int, length: int) -> None:
        days = [day.date for day in calendar_days(year)]

        assert len(days) == length
        assert days == sorted(set(days))
        assert (days[0], days[-1]) == (date(year, 1, 1), date(year, 12, 31))

    def test_knows_the_arrangement_of_the_state_council_for_2026(self) -> None:
        # When
        by_date = {day.date: day for day in calendar_days(2026)}

        # Then: a working Saturday, its day off, a festival, ordinary days
        assert by_date[date(2026, 2, 14)].is_business_day
        assert not by_date[date(2026, 2, 20)].is_business_day
        assert by_date[date(2026, 2, 17)] == (date(2026, 2, 17), False, "春节")
        assert by_date[date(2026, 2, 25)] == (date(2026, 2, 25), True, "")
        assert by_date[date(2026, 3, 1)] == (date(2026, 3, 1), False, "")
        assert sorted(
            day.date for day in by_date.values() if day.is_business_day and not is_weekday(day.date)
        ) == [
            date(2026, 1, 4),
            date(2026, 2, 14),
            date(2026, 2, 28),
            date(2026, 5, 9),
            date(2026, 9, 20),
            date(2026, 10, 10),
        ]

    def test_knows_other_countries_in_their_own_words(self) -> None:
        # When
        days = calendar_days(2018, country="BR", language="pt_BR")

        # Then
        assert days[0] == (date(2018, 1, 1), False, "Confraternização Universal")
        assert days[1] == (date(2018, 1, 2), True, "")

    def test_refuses_a_country_that_the_library_does_not_know(self) -> None:
        with pytest.raises(NotImplementedError):
            calendar_days(2026, country="XX")

"""The simulator's clock: the real one, one that stands still, or one that runs faster."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

# China has kept one offset, without summer time, since 1991.
SHANGHAI = timezone(timedelta(hours=8))


class ClockBackwardsError(Exception):
    """The clock was asked to go back without `force`; it still shows what it showed."""


@dataclass(frozen=True)
class _Setting:
    """One way of telling the time: from an anchor on, at `rate` virtual seconds a real one."""

    is_real: bool
    anchor_real_ms: int
    anchor_virtual_ms: int
    rate: Decimal


_REAL = _Setting(is_real=True, anchor_real_ms=0, anchor_virtual_ms=0, rate=Decimal(1))


def wall_ms() -> int:
    """Read the machine's clock, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class VirtualClock:
    """A clock that tests and replays may set; instants are milliseconds since 1970 UTC."""

    def __init__(self, saved: str | None = None, *, real_ms: Callable[[], int] = wall_ms) -> None:
        """Continue from what `saved()` once returned, or show real time."""
        self._real_ms = real_ms
        self._setting = _REAL if saved is None else _setting_from(saved)
        self._moving = threading.Lock()

    def now_ms(self) -> int:
        """Read this clock."""
        return _virtual_ms(self._setting, real_ms=self._real_ms())

    def show_real_time(self, *, is_forced: bool = False) -> None:
        """Follow the machine's clock again.

        Raises ClockBackwardsError if that is earlier than what this clock shows.
        """
        self._change(_REAL, is_forced=is_forced)

    def fix(self, now_ms: int, *, rate: Decimal = Decimal(0), is_forced: bool = False) -> None:
        """Show `now_ms` from this moment on, standing still unless a rate is given.

        Raises ClockBackwardsError if that is earlier than what this clock shows.
        """
        setting = _Setting(
            is_real=False,
            anchor_real_ms=self._real_ms(),
            anchor_virtual_ms=now_ms,
            rate=rate,
        )
        self._change(setting, is_forced=is_forced)

    def run_at(self, rate: Decimal) -> None:
        """Go on from what the clock shows, `rate` virtual seconds for a real one."""
        with self._moving:
            real_ms = self._real_ms()
            self._setting = _Setting(
                is_real=False,
                anchor_real_ms=real_ms,
                anchor_virtual_ms=_virtual_ms(self._setting, real_ms=real_ms),
                rate=rate,
            )

    def real_ms_until(self, virtual_ms: int) -> int | None:
        """Say how long to wait for an instant; None if this clock stands still before it."""
        missing_ms = virtual_ms - self.now_ms()
        if missing_ms <= 0:
            return 0
        rate = self._setting.rate
        return None if rate == 0 else int(missing_ms / rate) + 1

    def saved(self) -> str:
        """Write down how this clock runs, so that a restarted process continues from it."""
        setting = self._setting
        return json.dumps(
            {
                "is_real": setting.is_real,
                "anchor_real_ms": setting.anchor_real_ms,
                "anchor_virtual_ms": setting.anchor_virtual_ms,
                "rate": str(setting.rate),
            }
        )

    def shown(self) -> dict[str, object]:
        """Describe the clock to people."""
        setting = self._setting
        return {
            "now": iso_text(self.now_ms()),
            "mode": "real" if setting.is_real else "virtual",
            "rate": str(setting.rate),
        }

    def _change(self, setting: _Setting, *, is_forced: bool) -> None:
        with self._moving:
            real_ms = self._real_ms()
            goes_back = _virtual_ms(setting, real_ms=real_ms) < _virtual_ms(
                self._setting, real_ms=real_ms
            )
            if goes_back and not is_forced:
                raise ClockBackwardsError(f"the clock shows {iso_text(self.now_ms())} already")
            self._setting = setting


def _virtual_ms(setting: _Setting, *, real_ms: int) -> int:
    if setting.is_real:
        return real_ms
    return setting.anchor_virtual_ms + int((real_ms - setting.anchor_real_ms) * setting.rate)


def _setting_from(saved: str) -> _Setting:
    fields = json.loads(saved)
    return _Setting(
        is_real=bool(fields["is_real"]),
        anchor_real_ms=int(fields["anchor_real_ms"]),
        anchor_virtual_ms=int(fields["anchor_virtual_ms"]),
        rate=Decimal(fields["rate"]),
    )


def moment(instant_ms: int) -> datetime:
    """Turn milliseconds into an aware instant in UTC."""
    return datetime.fromtimestamp(instant_ms // 1000, UTC) + timedelta(
        milliseconds=instant_ms % 1000
    )


def milliseconds(instant: datetime) -> int:
    """Turn an aware instant into milliseconds since 1970 UTC, cut below the millisecond."""
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def iso_text(instant_ms: int) -> str:
    """Write an instant as ISO 8601 in UTC."""
    return moment(instant_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shanghai_text(instant_ms: int) -> str:
    """Write an instant as Alipay does: `yyyy-MM-dd HH:mm:ss`, Asia/Shanghai."""
    return moment(instant_ms).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def shanghai_ms(text: str) -> int:
    """Read an instant that Alipay's format writes; Raises ValueError if it is none."""
    instant = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    if instant.strftime("%Y-%m-%d %H:%M:%S") != text:
        raise ValueError(f"not in the form yyyy-MM-dd HH:mm:ss: {text}")
    return milliseconds(instant)


def shanghai_date(instant_ms: int) -> date:
    """Say which Asia/Shanghai calendar day an instant falls on."""
    return moment(instant_ms).astimezone(SHANGHAI).date()

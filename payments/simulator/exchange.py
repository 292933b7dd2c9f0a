"""One HTTP request as the simulator sees it, and what it may answer."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Request:
    """What came in: `query` is still encoded, `is_local` says whether it is from this machine."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    is_local: bool


@dataclass(frozen=True)
class Answer:
    """What goes out, as it stands."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Silence:
    """No answer at all: the connection is kept for `wait_ms` of real time, then closed."""

    wait_ms: int


def json_answer(content: object, *, status: int = 200) -> Answer:
    """Answer with JSON in UTF-8, its Chinese as it is."""
    return Answer(status=status, body=json.dumps(content, ensure_ascii=False).encode())


def error_answer(*, status: int, code: str, detail: str) -> Answer:
    """Answer with what was wrong."""
    return json_answer({"error": code, "detail": detail}, status=status)

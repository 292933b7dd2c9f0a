import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext_lazy
from psycopg import errors as postgres
from rest_framework import exceptions
from rest_framework.test import APIRequestFactory

from config.api.errors import problem_handler, problem_of
from config.api.parsers import PayloadTooLargeError
from ledger.errors import DomainError
from payments.errors import (
    BearerMayNotWriteError,
    IdempotencyInFlightError,
    NoBusinessDayError,
    OrderNumberTakenError,
)


def answered(error, *, method="POST"):
    request = APIRequestFactory().generic(method, "/v1/payments")
    request.request_id = "req-1"
    return problem_handler(error, {"request": request})


def because(cause):
    error = OperationalError("connection to server at 10.0.0.5, user tianping, failed")
    error.__cause__ = cause
    return error


def test_a_refusal_reads_as_a_problem():
    # When
    response = answered(OrderNumberTakenError(merchant_order_no="A-1"))

    # Then
    assert response.status_code == 409
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "type": "/v1/docs/errors#order_number_taken",
        "title": "Order number taken",
        "status": 409,
        "detail": "The order number A-1 has already been used.",
        "code": "order_number_taken",
        "errors": [],
        "request_id": "req-1",
        "outcome": "not_executed",
        "retry": "do_not",
    }


@pytest.mark.parametrize(
    ("error", "code", "status", "retry"),
    [
        (exceptions.ParseError("x"), "malformed_request", 400, "new_key"),
        (exceptions.NotAuthenticated(), "unauthenticated", 401, "do_not"),
        (exceptions.AuthenticationFailed("why"), "unauthenticated", 401, "do_not"),
        (exceptions.PermissionDenied("why"), "forbidden", 403, "do_not"),
        (PermissionDenied("why"), "forbidden", 403, "do_not"),
        (BearerMayNotWriteError(), "bearer_may_not_write", 403, "do_not"),
        (exceptions.NotFound("why"), "not_found", 404, "do_not"),
        (Http404("why"), "not_found", 404, "do_not"),
        (exceptions.MethodNotAllowed("PUT"), "method_not_allowed", 405, "do_not"),
        (exceptions.NotAcceptable(), "not_acceptable", 406, "do_not"),
        (PayloadTooLargeError(), "payload_too_large", 413, "new_key"),
        (exceptions.UnsupportedMediaType("a/b"), "unsupported_media_type", 415, "new_key"),
        (exceptions.ValidationError("x"), "invalid_request", 422, "new_key"),
        (exceptions.Throttled(7), "too_many_requests", 429, "same_key"),
    ],
)
def test_each_refusal_of_the_door_has_its_code_and_nothing_was_done(error, code, status, retry):
    problem = problem_of(error, method="POST")

    assert (problem.code, problem.status, problem.retry) == (code, status, retry)
    assert problem.outcome == "not_executed"
    assert "why" not in str(problem.detail)


def test_says_field_by_field_what_is_wrong():
    # Given
    error = exceptions.ValidationError(
        {
            "amount": [exceptions.ErrorDetail("Too small.", code="min_value")],
            "allocations": [{}, {"merchant_id": [exceptions.ErrorDetail("No.", code="blank")]}],
            "non_field_errors": ["All wrong."],
        }
    )

    # When
    problem = problem_of(error, method="POST")

    # Then
    assert list(problem.errors) == [
        {"field": "amount", "code": "min_value", "detail": "Too small."},
        {"field": "allocations.1.merchant_id", "code": "blank", "detail": "No."},
        {"field": "", "code": "invalid", "detail": "All wrong."},
    ]


@pytest.mark.parametrize(
    ("error", "method", "outcome"),
    [
        (because(postgres.LockNotAvailable()), "POST", "not_executed"),
        (because(postgres.DeadlockDetected()), "POST", "not_executed"),
        (because(postgres.QueryCanceled()), "POST", "not_executed"),
        (because(postgres.ConnectionFailure()), "POST", "unknown"),
        (because(None), "POST", "unknown"),
        (because(None), "GET", "not_executed"),
        (InterfaceError("connection already closed"), "POST", "unknown"),
    ],
)
def test_trouble_with_the_database_says_whether_the_deed_was_undone(error, method, outcome):
    # When
    response = answered(error, method=method)

    # Then
    assert (response.status_code, response.data["outcome"]) == (503, outcome)
    assert response.data["retry"] == "same_key"
    assert response["Retry-After"] == "1"
    assert "10.0.0.5" not in str(response.data)


def test_the_unexpected_leaks_nothing_and_may_have_happened():
    # When
    response = answered(RuntimeError("secret of row 17"))

    # Then
    assert response.status_code == 500
    assert (response.data["code"], response.data["outcome"]) == ("internal_error", "unknown")
    assert "17" not in str(response.data)


def test_a_deed_in_flight_and_a_busy_service_say_when_to_come_back():
    assert answered(IdempotencyInFlightError())["Retry-After"] == "1"
    assert answered(NoBusinessDayError(day="2026-01-01"))["Retry-After"] == "1"
    assert answered(exceptions.Throttled(7))["Retry-After"] == "7"
    assert "Retry-After" not in answered(OrderNumberTakenError(merchant_order_no="A")).headers


class InSomeLanguageError(DomainError):
    """Refused in words that Django itself translates. Nothing was written."""

    code = "test_in_some_language"
    detail = gettext_lazy("Enter a valid email address.")


def test_speaks_the_language_of_the_caller_but_keeps_code_and_title():
    # When
    with translation.override("zh-hans"):
        chinese = answered(InSomeLanguageError()).data
    english = answered(InSomeLanguageError()).data

    # Then
    assert chinese["detail"] == "请输入合法的邮件地址。"
    assert english["detail"] == "Enter a valid email address."
    assert (chinese["code"], chinese["title"]) == (english["code"], english["title"])

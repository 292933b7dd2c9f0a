"""Forms with files are weighed before anything unpacks them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory

from config.weight import OVERHEAD_BYTES, WeightMiddleware


def weighed(bytes_sent: int | str, *, takes: int | None = None, kind: str = "multipart/form-data"):
    """Return the answer of the middleware to a body of a weight, or None if it lets it pass."""

    def view(_request):
        return HttpResponse("ok")

    if takes is not None:
        view.body_bytes_max = takes
    request = RequestFactory().post("/", b"x", content_type=f"{kind}; boundary=x")
    request.META["CONTENT_LENGTH"] = str(bytes_sent)
    return WeightMiddleware(view).process_view(request, view, [], {})


def test_lets_pass_what_a_view_takes():
    assert weighed(20 * 2**20 + OVERHEAD_BYTES, takes=20 * 2**20) is None


def test_refuses_one_byte_more():
    answer = weighed(20 * 2**20 + OVERHEAD_BYTES + 1, takes=20 * 2**20)

    assert answer.status_code == 413
    assert answer.content == (b"The file is too large: at most 20 MiB are read. Nothing was done.")


def test_a_view_that_takes_no_files_takes_no_more_than_a_plain_form(settings):
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + OVERHEAD_BYTES

    assert weighed(most) is None
    assert weighed(most + 1).status_code == 413


@pytest.mark.parametrize("weight", ["", "-1", "nonsense"])
def test_refuses_what_does_not_say_its_weight(weight):
    assert weighed(weight).status_code == 413


def test_other_bodies_are_weighed_by_who_reads_them():
    assert weighed(10**9, kind="application/json") is None


@pytest.mark.django_db
def test_stands_before_the_csrf_check_reads_the_form(client, settings):
    names = settings.MIDDLEWARE
    assert names.index("config.weight.WeightMiddleware") < names.index(
        "django.middleware.csrf.CsrfViewMiddleware"
    )

    response = client.post(
        "/accounts/login/",
        {"file": SimpleUploadedFile("a", b"x")},
        CONTENT_LENGTH=str(10**9),
    )

    assert response.status_code == 413

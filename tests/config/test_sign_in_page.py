"""The sign-in page in a real browser: it works under the policy that it is served with."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

PASSWORD = "correct horse battery"


@pytest.mark.browser
def test_signs_in_and_breaks_no_policy(page, live_server):
    # Given
    User.objects.create_user("mei", password=PASSWORD, is_staff=True)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(live_server.url + reverse("account_login"))

    # When
    page.fill("input[name=login]", "mei")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**" + reverse("account_reauthenticate") + "**")

    # Then
    assert page.locator("input[name=password]").is_visible()
    assert [line for line in said if "Content Security Policy" in line] == []

# ruff: noqa: F811  fixtures are imported
"""The main job, where one person would do what two must."""

from settlements.models import PaymentFile, Payout, Settlement
from tests.books import balance
from tests.factories.payments import UserFactory  # noqa: F401
from tests.journeys.main_job import PAID_AT, SETTLEMENTS, approve, drafted, lin  # noqa: F401
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import person, signed_in


class TestFourEyes:
    def test_who_submitted_may_not_approve_even_with_both_roles(self, story):
        # Given
        both = person("finance_maker")
        both.groups.add(*person("finance_checker").groups.all())
        client = signed_in(both)
        story.paid_order("T-1001", at=PAID_AT, tea=6_000)
        draft = drafted(story, client)["tea"]
        client.post(f"{SETTLEMENTS}{draft.pk}/submit/")

        # When
        with nothing_written(but=ITS_OWN_REFUSAL):
            answer = approve(client, draft)

        # Then
        assert answer.status_code == 403
        assert "has to decide on it" in words(client.get(f"{SETTLEMENTS}{draft.pk}/approve/"))
        assert Settlement.objects.get().status == "submitted"
        assert not Payout.objects.exists()

    def test_a_maker_has_no_such_button(self, story, lin):
        # Given
        story.paid_order("T-1001", at=PAID_AT, tea=6_000)
        draft = drafted(story, lin)["tea"]
        lin.post(f"{SETTLEMENTS}{draft.pk}/submit/")

        # When
        with nothing_written(but=ITS_OWN_REFUSAL):
            answer = lin.post(f"{SETTLEMENTS}{draft.pk}/approve/")

        # Then
        assert answer.status_code == 403
        assert not Payout.objects.exists()

    def test_nothing_leaves_that_nobody_approved(self, story, lin):
        # Given
        story.paid_order("T-1001", at=PAID_AT, tea=6_000)
        draft = drafted(story, lin)["tea"]
        lin.post(f"{SETTLEMENTS}{draft.pk}/submit/")

        # When
        lin.post(
            "/admin/settlements/payout/export/",
            {"bank_account": story.market.bank.pk, "execution_date": "2026-03-06"},
        )

        # Then
        assert not PaymentFile.objects.exists()
        assert balance("2401", story.market.bank.pk) == "0.00"

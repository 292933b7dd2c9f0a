"""The audit trail and the configuration's history, as somebody from audit reads them."""

import pytest
from django.db import transaction

from ledger.actions.audit import record_audit, record_refusal
from ledger.admin.configured import CONFIGURED
from ledger.models import AuditEntry, ConfigurationChange
from ledger.origin import Origin, coming_from
from payments.actions.credentials import issue_credential, revoke_credential
from payments.models import ApiCredential
from tests.factories.payments import MerchantFactory
from tests.instants import NEXT_NOON, NOON
from tests.rig.attacks import run_sql
from tests.rig.pages import tables, words
from tests.rig.staff import actor_of, desk

LIST = "/admin/ledger/auditentry/"
HISTORY = "/admin/ledger/configurationchange/"
HERE = Origin(client_ip="203.0.113.7", request_id="req-1")


@pytest.fixture(autouse=True)
def _without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def auditor(transactional_db):
    return desk("auditor")


def deed(action="settlement.submitted", *, actor="user:1", at=NOON, **other):
    with coming_from(HERE):
        record_audit(action=action, subject="stl_1", actor=actor, at=at, **other)
    return AuditEntry.objects.latest("id")


def refusal(action="settlement.submit", *, actor="user:1"):
    record_refusal(action=action, subject="stl_1", actor=actor, at=NOON, code="self_approval")


class TestList:
    @pytest.fixture(autouse=True)
    def rows(self, auditor):
        with transaction.atomic():
            deed(actor=actor_of(auditor))
            deed("payment.paid", actor="task:payments.query", at=NEXT_NOON)
        refusal(actor=actor_of(auditor))

    def told(self, auditor, query=""):
        found = tables(auditor.get(f"{LIST}{query}"))
        return [row[2] for row in found[0][1:]] if found else []

    def test_says_what_was_done_in_words(self, auditor):
        assert self.told(auditor) == [
            "refused · settlement: submit",
            "payment: paid",
            "settlement: submitted",
        ]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?outcome=refused", ["refused · settlement: submit"]),
            ("?outcome=done", ["payment: paid", "settlement: submitted"]),
            ("?about=payment", ["payment: paid"]),
            ("?by=task", ["payment: paid"]),
            ("?q=req-1", ["payment: paid", "settlement: submitted"]),
            ("?at_from=2026-03-06&at_to=2026-03-06", ["payment: paid"]),
            ("?q=nobody", []),
        ],
    )
    def test_is_narrowed(self, auditor, query, found):
        assert self.told(auditor, query) == found

    def test_names_who_did_it(self, auditor):
        me = auditor.get("/admin/auth/user/").context["request"].user.username

        (table,) = tables(auditor.get(LIST))

        assert table[1][4] == me


class TestPage:
    def test_shows_what_changed_side_by_side_with_money_as_money(self, auditor):
        # Given
        with transaction.atomic():
            row = deed(
                before={"amount": 100_000, "currency": "CNY", "status": "draft"},
                after={"amount": 123_456, "currency": "CNY", "status": "draft"},
            )

        # When
        found = tables(auditor.get(f"{LIST}{row.pk}/change/"))

        # Then
        assert found[0][1:] == [
            ["amount", "1,000.00 CNY", "1,234.56 CNY", "changed"],
            ["currency", "CNY", "CNY", ""],
            ["status", "draft", "draft", ""],
        ]

    def test_tells_what_else_the_same_request_did(self, auditor):
        # Given
        with transaction.atomic():
            deed()
            row = deed("payment.paid")
            record_audit(action="limit.set", subject="limit:1", actor="user:1", at=NOON)

        # When
        found = tables(auditor.get(f"{LIST}{row.pk}/change/"))

        # Then
        assert [line[1] for line in found[-1][1:]] == ["settlement: submitted", "payment: paid ←"]


class TestHistory:
    @pytest.fixture
    def credential(self, auditor):
        credential, _secret = issue_credential(
            name="shop",
            merchant_id=MerchantFactory().pk,
            scopes=["payments:read"],
            actor=actor_of(auditor),
            at=NOON,
        )
        return credential

    def test_tells_which_deed_changed_what(self, auditor, credential):
        # Given
        revoke_credential(credential.pk, actor=actor_of(auditor), at=NEXT_NOON, reason="leaked")
        change = ConfigurationChange.objects.filter(row_id=credential.pk).latest("id")

        # When
        listed = tables(auditor.get(f"{HISTORY}?q={credential.pk}"))[0]
        page = auditor.get(f"{HISTORY}{change.pk}/change/")

        # Then
        me = auditor.get("/admin/auth/user/").context["request"].user.username
        assert [row[2:6] for row in listed[1:]] == [
            ["API credential", credential.pk, "changed", me],
            ["API credential", credential.pk, "added", me],
        ]
        different, deeds = tables(page)
        assert [row[0] for row in different[1:] if row[3] == "changed"] == ["revoked at"]
        assert [row[1] for row in deeds[1:]] == ["API credential: revoked"]

    def test_says_when_nobody_of_ours_did_it(self, auditor, credential):
        # Given
        run_sql("UPDATE payments_apicredential SET name = 'mine' WHERE id = %s", credential.pk)
        change = ConfigurationChange.objects.latest("id")

        # When
        page = auditor.get(f"{HISTORY}{change.pk}/change/")

        # Then
        assert "it was changed in the database itself" in words(page)

    def test_never_shows_a_secret(self, auditor, credential):
        change = ConfigurationChange.objects.filter(row_id=credential.pk).get()

        page = words(auditor.get(f"{HISTORY}{change.pk}/change/"))

        kept = ApiCredential.objects.get(pk=credential.pk)
        assert bytes(kept.secret_sha256).hex() not in page

    def test_stands_on_the_page_of_the_row_itself(self, auditor, credential):
        # Given
        revoke_credential(credential.pk, actor=actor_of(auditor), at=NEXT_NOON)

        # When
        page = auditor.get(f"/admin/payments/apicredential/{credential.pk}/change/")

        # Then
        (history,) = [table for table in tables(page) if "Database role" in table[0]]
        assert [row[1:3] for row in history[1:]] == [["changed", "revoked at"], ["added", ""]]

    def test_is_of_those_who_may_see_it(self, credential):
        # Given
        support = desk("support")

        # When
        answer = support.get(HISTORY)

        # Then
        assert answer.status_code == 403


@pytest.mark.django_db
def test_every_table_that_keeps_its_history_is_known_to_the_pages():
    rows = run_sql("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'ledger_history'")

    assert {name for (name,) in rows} == CONFIGURED

"""The bank's counter: payment files, what became of them, and files that it refuses whole."""

import re
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from tests.payments.simulator.bank.desk import (
    ACCOUNT_NO,
    REPORT,
    Desk,
    Transfer,
    payment_file,
)
from tests.payments.simulator.wire import StartSimulator

TWO = (Transfer("po_1", "12499.50"), Transfer("po_2", "3000.00", account="622202002"))


@pytest.fixture
def desk(start_simulator: StartSimulator) -> Desk:
    """Open an account of 100,000.00 CNY at a bank where it is 6 January 2026."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-01-06T09:00:00+08:00", force=True)
    desk = Desk(simulator)
    desk.open(opening_minor=10_000_000)
    return desk


class TestPaymentFiles:
    def test_carries_each_transfer_out(self, desk: Desk) -> None:
        # When
        response = desk.send(payment_file(*TWO))

        # Then
        assert response.status_code == 202
        assert response.json() == {
            "message_id": "PB1",
            "status": "accepted",
            "transfers": 2,
            "control_sum": "15499.50",
        }
        assert desk.report_statuses("PB1") == ("ACSC", {"po_1": "ACSC", "po_2": "ACSC"})

    def test_takes_the_file_that_the_vectors_show(self, desk: Desk, shared: Path) -> None:
        # Given
        sample = (shared / "vectors/iso20022/own/pain.001.001.09.xml").read_bytes()
        desk.open(account_no="110900000000001", opening_minor=0)

        # When
        response = desk.send(sample, account_no="110900000000001")

        # Then
        assert response.status_code == 202
        # The second transfer of the sample names no account to pay to.
        assert desk.report_statuses("PB20260105-0001-V1", account_no="110900000000001") == (
            "PART",
            {"PO20260105000001": "ACSC", "PO20260105000002": "RJCT"},
        )

    def test_the_files_of_these_tests_are_valid(self, desk: Desk, shared: Path) -> None:
        desk.require_valid(payment_file(*TWO), schema=shared, name="pain.001.001.09")

    def test_the_same_file_again_is_answered_alike_and_not_carried_out(self, desk: Desk) -> None:
        # Given
        first = desk.send(payment_file(*TWO))

        # When
        second = desk.send(payment_file(*TWO))

        # Then
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        assert desk.simulator.effects("PB1") == ["file_accepted", "file_repeated"]
        assert desk.simulator.effects("po_1") == ["transfer_executed"]

    def test_refuses_another_file_under_a_used_number(self, desk: Desk) -> None:
        # Given
        desk.send(payment_file(*TWO))

        # When
        response = desk.send(payment_file(Transfer("po_3", "1.00")))

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "message_id_used")
        assert desk.simulator.effects("po_3") == []

    def test_rejects_a_transfer_to_a_closed_account_and_carries_out_the_rest(
        self, desk: Desk
    ) -> None:
        # Given
        desk.simulator.post("/control/bank/closed-accounts", account_no="622202002")

        # When
        desk.send(payment_file(*TWO))

        # Then
        assert desk.report_statuses("PB1") == ("PART", {"po_1": "ACSC", "po_2": "RJCT"})
        assert desk.reasons("PB1") == {"po_2": "AC04"}
        assert desk.simulator.effects("po_2") == ["transfer_rejected"]
        assert desk.movements("2026-01-05", "2026-01-06") == [("DBIT", "12499.50", "po_1")]

    def test_what_was_rejected_stays_rejected(self, desk: Desk) -> None:
        # Given
        desk.send(payment_file(*TWO))
        report = desk.report("PB1").content

        # When
        desk.simulator.post("/control/bank/closed-accounts", account_no="622202002")

        # Then
        assert desk.report("PB1").content == report

    def test_the_report_names_the_file_and_its_blocks(self, desk: Desk) -> None:
        # Given
        desk.send(payment_file(*TWO))

        # When
        response = desk.report("PB1")

        # Then
        root = fromstring(response.content)
        group = root.find(f".//{REPORT}OrgnlGrpInfAndSts")
        assert response.headers["content-type"] == "application/xml; charset=utf-8"
        assert group is not None
        assert group.findtext(f"{REPORT}OrgnlMsgId") == "PB1"
        assert group.findtext(f"{REPORT}OrgnlMsgNmId") == "pain.001.001.09"
        assert root.findtext(f".//{REPORT}OrgnlPmtInfId") == "PB1-CNY"
        assert root.findtext(f".//{REPORT}CreDtTm") == "2026-01-06T09:00:00+08:00"

    def test_has_no_report_of_a_file_that_never_came(self, desk: Desk) -> None:
        # When
        response = desk.report("PB9")

        # Then
        assert (response.status_code, response.json()["error"]) == (404, "unknown_file")


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ("<NbOfTxs>2</NbOfTxs>", "<NbOfTxs>3</NbOfTxs>", "count_mismatch"),
            ("<NbOfTxs>2</NbOfTxs>", "", "missing_element"),
            ("<CtrlSum>15499.50<", "<CtrlSum>15499.51<", "control_sum_mismatch"),
            ("<CtrlSum>15499.50<", "<CtrlSum>15499.500<", None),
            ("<CtrlSum>15499.50</CtrlSum>", "", "missing_element"),
            ("<EndToEndId>po_2<", "<EndToEndId>po_1<", "end_to_end_id_twice"),
            (">3000.00<", ">3000.001<", "bad_amount"),
            (">3000.00<", ">-3000.00<", "bad_amount"),
            (">3000.00<", ">0.00<", "bad_amount"),
            ('Ccy="CNY"', 'Ccy="USD"', "wrong_currency"),
            (ACCOUNT_NO, "110900000000009", "wrong_account"),
            ("<PmtMtd>TRF<", "<PmtMtd>CHK<", "wrong_method"),
            ("<Dt>2026-01-05<", "<Dt>2026-13-05<", "bad_date"),
            ("<MsgId>PB1<", "<MsgId><", "missing_element"),
            ("<MsgId>PB1<", f"<MsgId>{'x' * 36}<", "bad_identifier"),
            ("pain.001.001.09", "pain.001.001.03", "unreadable_file"),
            ("</Document>", "", "unreadable_file"),
            ("<Document", '<!DOCTYPE Document [<!ENTITY a "b">]><Document', "unreadable_file"),
        ],
    )
    def test_refuses_the_whole_file_and_carries_nothing_out(
        self, desk: Desk, old: str, new: str, code: str | None
    ) -> None:
        # Given
        sound = payment_file(*TWO).decode()
        assert old in sound

        # When
        # Only the first sum is the whole file's; the second is its only block's.
        changed = sound.replace(old, new) if "Ccy" in old else sound.replace(old, new, 1)
        response = desk.send(changed.encode())

        # Then
        if code is None:
            assert response.status_code == 202
            return
        assert (response.status_code, response.json()["error"]) == (400, code)
        assert desk.simulator.effects("po_1") == []
        assert desk.send(payment_file(*TWO)).status_code == 202

    def test_refuses_the_wrong_sum_of_a_block(self, desk: Desk) -> None:
        # Given
        sound = payment_file(*TWO).decode()
        head, block = sound.split("<PmtInf>")

        # When
        changed = re.sub(r"<CtrlSum>[0-9.]+<", "<CtrlSum>1.00<", block)
        response = desk.send(f"{head}<PmtInf>{changed}".encode())

        # Then
        assert (response.status_code, response.json()["error"]) == (400, "control_sum_mismatch")
        assert desk.simulator.effects("po_1") == []

    def test_refuses_a_file_of_nothing(self, desk: Desk) -> None:
        assert desk.send(payment_file()).json()["error"] == "empty_file"

    def test_refuses_an_account_that_it_does_not_keep(self, desk: Desk) -> None:
        # When
        response = desk.send(payment_file(*TWO), account_no="1109")

        # Then
        assert (response.status_code, response.json()["error"]) == (404, "unknown_account")


class TestAccounts:
    def test_opening_again_alike_changes_nothing(self, desk: Desk) -> None:
        assert desk.open(opening_minor=10_000_000).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"opening_minor": 1}, 409, "account_conflict"),
            ({"currency": "USD"}, 409, "account_conflict"),
            ({"currency": "XXX"}, 400, "unknown_currency"),
            ({"opening_minor": "1"}, 400, "bad_request"),
        ],
    )
    def test_refuses_other_particulars(
        self, desk: Desk, changes: dict[str, object], status: int, code: str
    ) -> None:
        # When
        response = desk.open(**{"opening_minor": 10_000_000, **changes})

        # Then
        assert (response.status_code, response.json()["error"]) == (status, code)

    def test_refuses_an_application_in_another_currency(self, desk: Desk) -> None:
        # Given
        shop = desk.shop(currency="BRL", register=False)

        # When
        response = shop.try_to_register()

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "currency_conflict")

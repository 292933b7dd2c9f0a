"""What the tests of payment file and their neighbours share."""

from datetime import UTC, date, datetime

from payments.channels.bank.payment_file import (
    PaymentFile,
    Transfer,
)

FIRST = Transfer(
    end_to_end_id="PO20260105000001",
    amount_minor=1_249_950,
    currency="CNY",
    creditor_name="商户甲有限公司",
    creditor_account="6222020000000000001",
    creditor_bank_code="102100099996",
    remittance_text="STL20260105-M0001",
    instruction_id="S20260105000001",
)


SECOND = Transfer(
    end_to_end_id="PO20260105000002",
    amount_minor=300_000,
    currency="CNY",
    creditor_name="Smith & <Sons>",
    creditor_account="GB29NWBK60161331926819",
)


FILE = PaymentFile(
    message_id="PB20260105-0001-V1",
    created_at=datetime(2026, 1, 5, 2, 30, tzinfo=UTC),
    execution_date=date(2026, 1, 5),
    currency="CNY",
    debtor_name="Example Platform Ltd",
    debtor_account="110900000000001",
    debtor_bank_code="308100005019",
    transfers=(FIRST, SECOND),
)

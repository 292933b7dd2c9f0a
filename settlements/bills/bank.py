"""Read what banks send: pain.002 (what became of a payment file) and camt.053 (statements).

Everything that decides must be there and plain; what is missing or ambiguous refuses the whole
file.
"""

from typing import Final

from settlements.bills import camt053, iso20022
from settlements.bills.base import (
    BankStatement,
    BillInvalidError,
    PaymentReport,
    TransferOutcome,
    TransferResult,
)
from settlements.bills.documents import Node, read_document

REPORT_NAMESPACES: Final = (f"{iso20022.NAMESPACE}pain.002.001.12",)

_OUTCOMES: Final = {
    "ACSC": TransferOutcome.SUCCEEDED,
    "ACCC": TransferOutcome.SUCCEEDED,
    "RJCT": TransferOutcome.FAILED,
    "CANC": TransferOutcome.CANCELLED,
    "ACTC": TransferOutcome.PROCESSING,
    "ACCP": TransferOutcome.PROCESSING,
    "ACSP": TransferOutcome.PROCESSING,
    "PDNG": TransferOutcome.PROCESSING,
}


def parse_bank_statement(data: bytes) -> BankStatement:
    """Read a file with the statement of one account, and prove its balances.

    Raises a BillError: the file is not readable, not this message, has another number of
    statements than one, lacks something, or does not add up.
    """
    statements = camt053.read_bank_statements(data)
    if len(statements) != 1:
        raise BillInvalidError(place="Stmt", found=str(len(statements)))
    return statements[0].proved()


def parse_payment_report(data: bytes) -> PaymentReport:
    """Read what the bank says became of a payment file of ours.

    Raises a BillError: the file is not readable, not this message, lacks something, or names a
    transfer twice.
    """
    document = read_document(data, namespaces=REPORT_NAMESPACES)
    report = document.first("CstmrPmtStsRpt")
    group = document.first("CstmrPmtStsRpt/OrgnlGrpInfAndSts")
    if report is None or group is None:
        raise BillInvalidError(place="CstmrPmtStsRpt/OrgnlGrpInfAndSts", found="—")

    results: dict[str, TransferResult] = {}
    for block in report.each("OrgnlPmtInfAndSts"):
        fallback = block.text("PmtInfSts") or group.text("GrpSts")
        for node in block.each("TxInfAndSts"):
            result = _result(node, fallback=fallback)
            if result.end_to_end_id in results:
                raise BillInvalidError(place="OrgnlEndToEndId", found=result.end_to_end_id)
            results[result.end_to_end_id] = result

    group_status = group.text("GrpSts")
    return PaymentReport(
        message_id=iso20022.reference(report, "GrpHdr/MsgId", required=True),
        original_message_id=iso20022.reference(group, "OrgnlMsgId", required=True),
        group_status=group_status,
        group_outcome=_OUTCOMES.get(group_status),
        group_reason_code=group.text("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"),
        group_text=iso20022.joined_text(group, "StsRsnInf/AddtlInf"),
        results=tuple(results.values()),
    )


def _result(node: Node, *, fallback: str) -> TransferResult:
    """Read one transfer of a report; a status of its own wins over the one of its block.

    A status that is not on our list means that nothing is decided yet: `processing`.
    """
    status = node.text("TxSts") or fallback
    if status in ("", "PART"):
        raise BillInvalidError(place="TxSts", found=status or "—")
    amount = node.first("OrgnlTxRef/Amt/InstdAmt")
    amount_minor, currency = (None, "") if amount is None else iso20022.amount(amount)
    return TransferResult(
        end_to_end_id=iso20022.reference(node, "OrgnlEndToEndId", required=True),
        status=status,
        outcome=_OUTCOMES.get(status, TransferOutcome.PROCESSING),
        reason_code=node.text("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry"),
        text=iso20022.joined_text(node, "StsRsnInf/AddtlInf"),
        amount_minor=amount_minor,
        currency=currency,
    )

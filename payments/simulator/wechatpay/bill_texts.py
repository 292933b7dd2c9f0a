"""WeChat Pay's bills as texts: a mark of the encoding, a backtick before each field, two sums."""

from collections.abc import Mapping, Sequence
from datetime import date

from payments.simulator.bill_changes import BillLine, LineAbout
from payments.simulator.money import amount_text
from payments.simulator.wechatpay.fund_rows import FundRow
from payments.simulator.wechatpay.merchants import Merchant

_ORDER_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额"
)
_REFUND_HEAD = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
_GOODS_HEAD = "商品名称,商户数据包,手续费,费率,订单金额"
TRADE_HEADS = {
    "ALL": f"{_ORDER_HEAD},{_REFUND_HEAD},{_GOODS_HEAD},申请退款金额,费率备注",
    "SUCCESS": f"{_ORDER_HEAD},{_GOODS_HEAD},费率备注",
    "REFUND": (
        f"{_ORDER_HEAD},退款申请时间,退款成功时间,{_REFUND_HEAD},{_GOODS_HEAD},申请退款金额,费率备注"
    ),
}
"""The columns of the bills about trades: of all, of what was paid, of what went back."""
TRADE_SUMS_HEAD = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
FUND_HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
FUND_SUMS_HEAD = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_NOTHING = "0.00"


def trade_text(lines: Sequence[BillLine], *, kind: str, merchant: Merchant, day: date) -> bytes:
    """Write the bill of a day's trades, of one of the kinds of `TRADE_HEADS`."""
    currency, head = merchant.currency, TRADE_HEADS[kind]
    cells = [_trade_cells(line, merchant=merchant, day=day) for line in lines]
    rows = [[told[name] for name in head.split(",")] for told in cells]
    paid = [line for line in lines if line.about == LineAbout.PAYMENT]
    refunded = [line for line in lines if line.about == LineAbout.REFUND]
    fee_minor = sum(line.fee_minor for line in paid) - sum(line.fee_minor for line in refunded)
    sums = (
        str(len(lines)),
        amount_text(sum(_settled_minor(line) for line in paid), currency=currency),
        amount_text(sum(_settled_minor(line) for line in refunded), currency=currency),
        _NOTHING,
        _fee_text(fee_minor, currency=currency),
        amount_text(sum(line.amount_minor for line in paid), currency=currency),
        amount_text(sum(line.amount_minor for line in refunded), currency=currency),
    )
    return _text(head, rows=rows, sums_head=TRADE_SUMS_HEAD, sums=sums)


def fund_text(rows: Sequence[FundRow], *, merchant: Merchant) -> bytes:
    """Write the bill of a day's money."""
    currency = merchant.currency
    came = [row.amount_minor for row in rows if row.amount_minor >= 0]
    went = [-row.amount_minor for row in rows if row.amount_minor < 0]
    fields = [
        (
            row.booked,
            row.business_no,
            row.flow_no,
            row.name,
            row.name,
            "收入" if row.amount_minor >= 0 else "支出",
            amount_text(abs(row.amount_minor), currency=currency),
            amount_text(row.balance_minor, currency=currency),
            f"{merchant.mchid}API",
            "",
            row.voucher_no,
        )
        for row in rows
    ]
    sums = (
        str(len(rows)),
        str(len(came)),
        amount_text(sum(came), currency=currency),
        str(len(went)),
        amount_text(sum(went), currency=currency),
    )
    return _text(FUND_HEAD, rows=fields, sums_head=FUND_SUMS_HEAD, sums=sums)


def _trade_cells(line: BillLine, *, merchant: Merchant, day: date) -> Mapping[str, str]:
    """Write one line, by the names of all columns; an ordered one has no details."""
    currency, told = merchant.currency, line.details
    is_refund = line.about == LineAbout.REFUND
    amount = amount_text(line.amount_minor, currency=currency)
    settled = amount_text(_settled_minor(line), currency=currency)
    coupons = amount_text(int(told.get("coupons_minor", "0")), currency=currency)
    fee_minor = -line.fee_minor if is_refund else line.fee_minor
    at_noon = f"{day.isoformat()} 12:00:00"
    return _refund_cells(line, settled=settled, at_noon=at_noon) | {
        "交易时间": told.get("time", at_noon),
        "公众账号ID": merchant.appid,
        "商户号": merchant.mchid,
        "特约商户号": "0",
        "设备号": "",
        "微信订单号": told.get("transaction_id", f"4200009999{day:%Y%m%d}0000000000"),
        "商户订单号": told.get("out_trade_no", "") if is_refund else line.number,
        "用户标识": told.get("openid", ""),
        "交易类型": told.get("trade_type", "NATIVE"),
        "交易状态": "REFUND" if is_refund else line.status,
        "付款银行": "OTHERS",
        "货币种类": currency,
        "应结订单金额": _NOTHING if is_refund else settled,
        "代金券金额": _NOTHING if is_refund else coupons,
        "商品名称": told.get("description", ""),
        "商户数据包": told.get("attach", ""),
        "手续费": _fee_text(fee_minor, currency=currency),
        "费率": f"{merchant.fee_bps // 100}.{merchant.fee_bps % 100:02d}%",
        "订单金额": _NOTHING if is_refund else amount,
        "申请退款金额": amount if is_refund else _NOTHING,
        "费率备注": "",
    }


def _refund_cells(line: BillLine, *, settled: str, at_noon: str) -> dict[str, str]:
    """Write what only refunds have; of payments, what stands there instead."""
    told = line.details
    if line.about != LineAbout.REFUND:
        return {
            **dict.fromkeys(("微信退款单号", "商户退款单号"), "0"),
            **dict.fromkeys(("退款金额", "充值券退款金额"), _NOTHING),
            **dict.fromkeys(("退款类型", "退款状态"), ""),
        }
    return {
        "退款申请时间": told.get("time", at_noon),
        "退款成功时间": told.get("succeeded", ""),
        "微信退款单号": told.get("refund_id", "0"),
        "商户退款单号": line.number,
        "退款金额": settled,
        "充值券退款金额": _NOTHING,
        "退款类型": "ORIGINAL",
        "退款状态": line.status,
    }


def _settled_minor(line: BillLine) -> int:
    """Say what of a line is settled: the merchant's own gifts are not."""
    if line.about == LineAbout.REFUND:
        return int(line.details.get("settled_minor", str(line.amount_minor)))
    return line.amount_minor - int(line.details.get("given_minor", "0"))


def _fee_text(minor: int, *, currency: str) -> str:
    """Write a fee, which has five decimals where amounts have two."""
    text = amount_text(minor, currency=currency)
    return f"{text}000" if "." in text else f"{text}.00000"


def _text(
    head: str, *, rows: Sequence[Sequence[str]], sums_head: str, sums: Sequence[str]
) -> bytes:
    lines = [head, *(_line(row) for row in rows), sums_head, _line(sums)]
    return "\ufeff".encode() + "".join(f"{line}\r\n" for line in lines).encode()


def _line(fields: Sequence[str]) -> str:
    """Write a line; a comma or a line's end in a merchant's words would make two of one."""
    cleaned = (field.replace(",", "\\ ").replace("\n", "\\n") for field in fields)
    return ",".join(f"`{field}" for field in cleaned)

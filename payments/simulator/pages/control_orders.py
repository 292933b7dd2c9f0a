"""The orders of the control page, one form each."""

from typing import Final

from payments.simulator.bill_changes import ChangeKind
from payments.simulator.faults import FaultKind
from payments.simulator.pages.control_forms import Form, Input
from payments.simulator.plans import PlanKind

_MANY = Input("count", "How often 次数", "1")
_SECONDS = Input("seconds", "Seconds 秒")
FORMS: Final = (
    Form(
        "Set the clock 时钟",
        "clock",
        (
            Input("now", "Instant with zone 时刻", "2026-03-05T12:00:00+08:00"),
            Input("rate", "Virtual seconds a second 速率", "0"),
            Input("force", "also back 可倒退"),
        ),
        "Set 设定",
    ),
    Form(
        "Order a fault 故障",
        "faults",
        (
            Input("kind", "Kind 种类", choices=tuple(kind.value for kind in FaultKind)),
            Input("method", "Call, as in the log 接口"),
            Input("app_id", "app_id, mchid, merId"),
            Input("out_trade_no", "Number of ours 我方单号"),
            _MANY,
            Input("percent", "Per cent 百分比", "100"),
            _SECONDS,
            Input("total_amount", "Wrong amount 错误金额"),
            Input("other_app_id", "Wrong app 错误应用"),
            Input("after_commit", "after the deed 入账后"),
        ),
        "Order 下达",
    ),
    Form(
        "Plan a refund or a transfer 退款与转账",
        "alipay/plans",
        (
            Input("kind", "Kind 种类", choices=tuple(kind.value for kind in PlanKind)),
            Input("app_id", "app_id, mchid, merId"),
            Input("number", "Number of ours 我方单号"),
            _SECONDS,
            Input("error_code", "Error code 错误码"),
            _MANY,
        ),
        "Plan 下达",
    ),
    Form(
        "Change a bill 对账单",
        "bills",
        (
            Input("channel", "Channel 渠道", choices=("alipay", "wechatpay", "unionpay")),
            Input("owner", "app_id, mchid, merId"),
            Input("day", "Day 日期", "2026-03-05"),
            Input("kind", "Change 改动", choices=tuple(kind.value for kind in ChangeKind)),
            Input("number", "Number of ours 我方单号"),
            Input("about", "About 类别", choices=("", "payment", "refund")),
            Input("amount_minor", "Amount, minor units 金额(分)"),
            Input("fee_minor", "Fee, minor units 手续费(分)"),
            Input("status", "Status 状态"),
        ),
        "Change 下达",
    ),
    Form(
        "Be the payer 付款人",
        "pay",
        (
            Input("app_id", "app_id, mchid, merId"),
            Input("out_trade_no", "Number of ours 我方单号"),
            Input("coupon_minor", "Alipay's coupon 支付宝红包(分)"),
            Input("gift_minor", "Shop's coupon 商家券(分)"),
        ),
        "Pay 付款",
    ),
    Form(
        "Give a coupon at WeChat 微信代金券",
        "wechat/coupons",
        (
            Input("app_id", "mchid"),
            Input("out_trade_no", "Number of ours 我方单号"),
            Input("kind", "Kind 种类", choices=("CASH", "NOCASH")),
            Input("amount_minor", "Amount, minor units 金额(分)"),
        ),
        "Give 发放",
    ),
    Form(
        "Rotate a channel's keys 轮换密钥",
        "rotate",
        (
            Input("channel", "Channel 渠道", choices=("alipay", "wechatpay", "unionpay")),
            Input("owner", "app_id, mchid", "UnionPay: empty 留空"),
            Input("seconds", "Overlap, seconds 并行秒数", "86400"),
        ),
        "Rotate 轮换",
        "What to configure then stands at /control/keys/<channel>/<owner>.",
    ),
    Form(
        "Charge a card back 拒付",
        "unionpay/chargebacks",
        (
            Input("mer_id", "merId"),
            Input("order_id", "Number of ours 我方单号"),
            Input("amount_minor", "Amount, minor units 金额(分)", "all 全额"),
            Input("reason", "Reason 原因码", "4562"),
            Input("at", "Instant with zone 时刻", "now 立即"),
        ),
        "Charge back 拒付",
    ),
    Form(
        "Alipay's transfer terms 支付宝转账限制",
        "alipay/transfers/terms",
        (
            Input("app_id", "app_id"),
            Input("scenes", "Scenes, commas 场景", "empty: all 留空不限"),
            Input("ip_refused", "address not allowed IP不在白名单"),
        ),
        "Agree 设定",
    ),
    Form(
        "WeChat's transfer terms 微信转账限制",
        "wechat/transfers/terms",
        (
            Input("mchid", "mchid"),
            Input("scenes", "Scenes, commas 场景", "empty: all 留空不限"),
            Input("ip_refused", "address not allowed IP不在白名单"),
        ),
        "Agree 设定",
    ),
    Form(
        "Return a transfer of Alipay 退票",
        "alipay/transfers/return",
        (
            Input("app_id", "app_id"),
            Input("out_biz_no", "Number of ours 我方单号"),
            Input("error_code", "Error code 错误码", "REFUND"),
            Input("at", "Instant with zone 时刻", "now 立即"),
        ),
        "Return 退回",
    ),
    Form(
        "Alipay's wallet 支付宝余额",
        "alipay/wallets/top-up",
        (
            Input("app_id", "app_id"),
            Input("number", "A number of its own 流水号"),
            Input("amount_minor", "Amount, minor units 金额(分)"),
        ),
        "Top up 充值",
    ),
    Form(
        "WeChat's accounts 微信运营账户",
        "wechat/transfers/top-ups",
        (
            Input("mchid", "mchid"),
            Input("number", "A number of its own 流水号"),
            Input("amount_minor", "Amount, minor units 金额(分)"),
            Input("account", "Account 账户", choices=("OPERATION", "FEES")),
        ),
        "Top up 充值",
    ),
)
"""Every order that has a form, in the order of the page."""

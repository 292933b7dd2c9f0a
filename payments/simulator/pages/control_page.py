"""The control page: what the control API takes, as forms for people at this machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html import escape
from urllib.parse import parse_qsl

from payments.simulator.control import Control
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.json_fields import JsonFields, bad_request
from payments.simulator.pages import board
from payments.simulator.pages.control_forms import FLAGS, NUMBERS
from payments.simulator.pages.control_orders import FORMS
from payments.simulator.scripts import run_script

PATH = "/control/page"
_EFFECTS = 50
_MACHINE = ("127.0.0.1", "localhost", "[::1]")
_EXAMPLE = """\
[{"order": "faults", "kind": "timeout_after_commit", "count": 3},
 {"order": "clock", "rate": 60}]"""


@dataclass(frozen=True)
class ControlPage:
    """The control API for a browser of this machine."""

    control: Control

    def answer(self, request: Request) -> Answer:
        """Show the page, or carry a form out and show what came of it.

        Raises RefusedError for other machines, and for pages of other sites in our browser.
        """
        host = request.headers.get("host", "")
        if not request.is_local or host.rpartition(":")[0] not in _MACHINE:
            raise RefusedError(status=403, code="not_local", detail="only from this machine")
        if request.method == "GET":
            return self._page()
        if request.method != "POST":
            raise RefusedError(status=405, code="wrong_method", detail=request.method)
        if request.headers.get("origin") != f"http://{host}":
            raise RefusedError(status=403, code="not_local", detail="only from this page")
        try:
            self._carry_out(dict(parse_qsl(request.body.decode("latin-1"), encoding="utf-8")))
        except RefusedError as refused:
            return self._page(refused)
        return Answer(status=303, body=b"", headers=(("Location", PATH), *board.HEADERS))

    def _carry_out(self, form: Mapping[str, str]) -> None:
        order = form.get("order", "")
        if order == "script":
            run_script(form.get("script", ""), ordering=self.control.changed)
            return
        fields = {name: _value(name, text) for name, text in form.items() if text.strip()}
        fields.pop("order", None)
        self.control.changed(f"/control/{order}", JsonFields.of(fields))

    def _page(self, refused: RefusedError | None = None) -> Answer:
        control = self.control
        clock = control.clock.shown()
        said = f'<p class="refused" role="alert">{escape(refused.detail)}</p>' if refused else ""
        first, *others = FORMS
        return board.page(
            f"<h1>Control 控制台</h1>"
            f'<p class="way">{board.link("/", "Front page 首页")}</p>{said}'
            + board.section(
                "The clock 时钟",
                f"<p><strong>{clock['now']}</strong> {clock['mode']} × {clock['rate']}</p>"
                + first.html()
                + _button("clock", "Let real time run 真实时间", real="1", force="1"),
            )
            + "".join(board.section(form.heading, form.html()) for form in others)
            + self._script()
            + self._waiting()
            + self._effects(),
            status=refused.status if refused else 200,
        )

    def _script(self) -> str:
        return board.section(
            "Script 脚本",
            '<form method="post"><label>JSON list of orders, one go 一次执行'
            f'<textarea name="script" rows="6" spellcheck="false">{escape(_EXAMPLE)}</textarea>'
            '</label><button name="order" value="script">Run 执行</button></form>',
        )

    def _waiting(self) -> str:
        control = self.control
        faults = [_words(fault.shown()) for fault in control.faults.waiting()]
        plans = [_words(plan.shown()) for plan in control.payers.alipay.plans.waiting()]
        changes = [_words(change.shown()) for change in control.bill_changes.waiting()]
        return board.section(
            "What waits to go wrong 待触发",
            board.table(("Kind 种类", "Which 范围"), faults + plans)
            + _button("forget", "Forget faults and plans 全部取消", what="faults"),
            is_wide=True,
        ) + board.section(
            "Changed bills 已改对账单",
            board.table(("Kind 种类", "Which 范围"), changes)
            + _button("forget", "Forget changes 全部取消", what="bills"),
            is_wide=True,
        )

    def _effects(self) -> str:
        known = ("at", "kind", "owner", "method", "number")
        rows = [
            (
                *(effect[name] for name in known),
                " ".join(
                    f"{name}={value}"
                    for name, value in effect.items()
                    if value is not None and name not in (*known, "id", "real_at", "digest")
                ),
            )
            for effect in self.control.store.last_effects(_EFFECTS)
        ]
        heads = ("When 时刻", "What 事项", "Whose 商户", "Call 接口", "Number 单号", "Detail 详情")
        return board.section(
            f"The last {_EFFECTS} effects 日志", board.table(heads, rows), is_wide=True
        )


def _value(name: str, text: str) -> object:
    """Read a field of a form as its JSON would have it."""
    if name in FLAGS:
        return True
    if name not in NUMBERS:
        return text.strip()
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise bad_request(f"{name} is not a number: {text}") from error
    return int(number) if number == number.to_integral_value() else number


def _words(shown: Mapping[str, object]) -> tuple[str, str]:
    rest = {k: v for k, v in shown.items() if k not in ("id", "kind") and v not in (None, "")}
    return str(shown["kind"]), json.dumps(rest, ensure_ascii=False)


def _button(order: str, words: str, **fields: str) -> str:
    """Write a form of one button."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items()
    )
    return (
        f'<form method="post">{hidden}'
        f'<button class="plain" name="order" value="{order}">{escape(words)}</button></form>'
    )

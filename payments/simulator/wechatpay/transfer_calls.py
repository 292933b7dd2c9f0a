"""WeChat Pay's calls about transfers: make one, call it back, and where it stands."""

import hashlib
import json
import re
from dataclasses import dataclass

from payments.simulator.plans import TRANSFER_KINDS, PlanBook, PlanKind
from payments.simulator.store import Store
from payments.simulator.wechatpay.fields import BodyFields
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.orders import notify_url
from payments.simulator.wechatpay.refusals import CallRefusedError, bad_parameter
from payments.simulator.wechatpay.resources import rfc3339
from payments.simulator.wechatpay.secrecy import opened
from payments.simulator.wechatpay.transfers import Course, Transfer, TransferBook, TransferOrder

SCENES = frozenset({"1000", "1002", "1004", "1005", "1009", "1010", "1011", "1013"})
_ASKED = {
    "1000": {"活动名称", "奖励说明"},
    "1005": {"岗位类型", "报酬说明"},
    "1009": {"采购商品名称"},
    "1010": {"回收商品名称"},
}
_NAME_NEEDED_MINOR = 200_000
_NAME_FORBIDDEN_BELOW_MINOR = 30
_CANCEL_MS = 1_000


@dataclass(frozen=True)
class TransferMethods:
    """The calls about transfers."""

    store: Store
    transfers: TransferBook
    plans: PlanBook

    def by_name(self) -> dict[str, Method]:
        """Name the calls as the log of effects does."""
        return {
            "wechat.transfer": self.transfer,
            "wechat.transfer_query": self.query,
            "wechat.transfer_cancel": self.cancel,
        }

    def transfer(self, call: Call) -> Reply:
        """Take a transfer and ask its payee; the same one again changes nothing.

        Raises CallRefusedError for bad fields, for another transfer under a used number, for a
        scene or an address that is not allowed, and for want of money.
        """
        self._require_address(call)
        order = self._order(call)
        mchid = call.merchant.mchid
        known = self.transfers.find(mchid=mchid, out_bill_no=order.out_bill_no, at_ms=call.at_ms)
        if known is not None:
            if known.digest != order.digest:
                raise CallRefusedError("INVALID_REQUEST")
            self.transfers.repeat(known, at_ms=call.at_ms)
            return Reply(status=200, content=_order_shown(known))
        course = self._course(call, order=order)
        if self.transfers.balance_minor(call.merchant) < order.amount_minor:
            raise CallRefusedError("NOT_ENOUGH")
        transfer = self.transfers.accept(
            order, merchant=call.merchant, course=course, at_ms=call.at_ms
        )
        return Reply(status=200, content=_order_shown(transfer))

    def query(self, call: Call) -> Reply:
        """Say where a transfer stands, by the merchant's number.

        Raises CallRefusedError for a number that is not known.
        """
        return Reply(status=200, content=transfer_resource(self._known(call)))

    def cancel(self, call: Call) -> Reply:
        """Begin to call a transfer back, unless its payee was faster: it ends a while later.

        Called back already, it is answered as before. Raises CallRefusedError (INVALID_REQUEST)
        once its payee has it, or for a number that is not known.
        """
        transfer = self.transfers.cancel(self._known(call), wait_ms=_CANCEL_MS, at_ms=call.at_ms)
        if transfer is None:
            raise CallRefusedError("INVALID_REQUEST", message="当前单据状态不支持撤销")
        content: dict[str, object] = {
            "out_bill_no": transfer.out_bill_no,
            "transfer_bill_no": transfer.transfer_bill_no,
            "state": transfer.state,
            "update_time": rfc3339(transfer.updated_ms),
        }
        return Reply(status=200, content=content)

    def _known(self, call: Call) -> Transfer:
        transfer = self.transfers.find(
            mchid=call.merchant.mchid, out_bill_no=call.number, at_ms=call.at_ms
        )
        if transfer is None:
            raise CallRefusedError("RESOURCE_NOT_EXISTS", message="记录不存在")
        return transfer

    def _order(self, call: Call) -> TransferOrder:
        fields = BodyFields.of(call.body)
        if fields.text("appid", length_max=32) != call.merchant.appid:
            raise CallRefusedError("APPID_MCHID_NOT_MATCH")
        scene = fields.text("transfer_scene_id", length_max=36)
        self._require_scene(scene, call=call)
        amount_minor = fields.amount("transfer_amount")
        sealed = fields.optional_text("user_name", length_max=1024)
        place = fields.place("user_name")
        name = opened(sealed, serial=call.serial, merchant=call.merchant, place=place)
        _require_name_fits(name, amount_minor=amount_minor, place=place)
        order = TransferOrder(
            out_bill_no=fields.text("out_bill_no", length_max=32, shape="[0-9A-Za-z]+"),
            digest=_digest(call.body, name=name),
            amount_minor=amount_minor,
            openid=fields.text("openid", length_max=64),
            user_name=name,
            remark=fields.text("transfer_remark", length_max=32),
            notify_url=notify_url(fields, is_required=False),
        )
        fields.optional_text("user_recv_perception", length_max=32)
        _require_reports(call.body, scene=scene)
        fields.pass_over({"transfer_scene_report_infos": list, "user_recv_style": dict})
        fields.require_no_more()
        return order

    def _require_address(self, call: Call) -> None:
        terms = self._terms(call)
        if terms is not None and not terms[1]:
            raise CallRefusedError("NO_AUTH", message="请求IP不在白名单内")

    def _require_scene(self, scene: str, *, call: Call) -> None:
        terms = self._terms(call)
        opened_scenes = SCENES if terms is None or not terms[0] else terms[0]
        if scene not in opened_scenes:
            raise CallRefusedError("NO_AUTH", message="商户未开通此转账场景")

    def _terms(self, call: Call) -> tuple[frozenset[str], bool] | None:
        row = self.store.row(
            "SELECT * FROM wechat_transfer_terms WHERE mchid = ?", call.merchant.mchid
        )
        if row is None:
            return None
        scenes = frozenset(row["scenes"].split(",")) if row["scenes"] else frozenset()
        return scenes, bool(row["is_ip_allowed"])

    def _course(self, call: Call, *, order: TransferOrder) -> Course:
        """Say how a transfer begins, by what was ordered to become of it."""
        for owner in (call.merchant.mchid, call.merchant.appid):
            plan = self.plans.take(TRANSFER_KINDS, app_id=owner, numbers=(order.out_bill_no,))
            if plan is None:
                continue
            if plan.kind == PlanKind.TRANSFER_REFUSED:
                raise CallRefusedError(plan.error_code or "SYSTEM_ERROR")
            failed = plan.kind != PlanKind.TRANSFER_DELAYED
            return Course(wait_ms=plan.wait_ms, fail_reason=plan.error_code if failed else None)
        return Course()


def transfer_resource(transfer: Transfer) -> dict[str, object]:
    """Describe a transfer as questions are answered, and notices tell."""
    resource: dict[str, object] = {
        "mch_id": transfer.mchid,
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "appid": transfer.appid,
        "state": transfer.state,
        "transfer_amount": transfer.amount_minor,
        "transfer_remark": transfer.remark,
        "openid": transfer.openid,
        "create_time": rfc3339(transfer.created_ms),
        "update_time": rfc3339(transfer.updated_ms),
    }
    if transfer.fail_reason is not None:
        resource["fail_reason"] = transfer.fail_reason
    return resource


def _order_shown(transfer: Transfer) -> dict[str, object]:
    content: dict[str, object] = {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "create_time": rfc3339(transfer.created_ms),
        "state": transfer.state,
    }
    if transfer.fail_reason is not None:
        content["fail_reason"] = transfer.fail_reason
    if transfer.state == "WAIT_USER_CONFIRM":
        content["package_info"] = transfer.package_info
    return content


def _require_name_fits(name: str, *, amount_minor: int, place: str) -> None:
    if amount_minor >= _NAME_NEEDED_MINOR and not name:
        raise bad_parameter(place, message="转账金额大于等于2000元时，收款用户姓名必填")
    if name and amount_minor < _NAME_FORBIDDEN_BELOW_MINOR:
        raise bad_parameter(place, message="转账金额小于0.3元时，不允许填写收款用户姓名")


def _require_reports(body: bytes, *, scene: str) -> None:
    """Refuse a transfer that does not answer what its scene asks."""
    reports = json.loads(body).get("transfer_scene_report_infos") or []
    place = "/body/transfer_scene_report_infos"
    if not isinstance(reports, list) or not all(isinstance(entry, dict) for entry in reports):
        raise bad_parameter(place)
    answered = {
        entry.get("info_type")
        for entry in reports
        if re.fullmatch(r".{1,32}", str(entry.get("info_content") or ""))
    }
    if not reports or not _ASKED.get(scene, set()) <= answered:
        raise bad_parameter(place, message="需传入转账场景报备信息，请检查")


def _digest(body: bytes, *, name: str) -> str:
    """Sum up what a transfer asks for: the same name is encrypted differently each time."""
    fields = json.loads(body) | {"user_name": name}
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()

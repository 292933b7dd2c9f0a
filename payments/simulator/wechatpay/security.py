"""WeChat Pay's call that moves no money: it says again what a merchant said, here and there."""

from dataclasses import dataclass

from payments.simulator.wechatpay.fields import BodyFields
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.messages import Messages
from payments.simulator.wechatpay.orders import notify_url
from payments.simulator.wechatpay.secrecy import opened


@dataclass(frozen=True)
class SecurityMethods:
    """The calls about keys alone."""

    messages: Messages

    def by_name(self) -> dict[str, Method]:
        """Name the calls as the log of effects does."""
        return {"wechat.echo": self.echo}

    def echo(self, call: Call) -> Reply:
        """Repeat a text; one that was encrypted is opened first.

        Raises CallRefusedError if it cannot be.
        """
        fields = BodyFields.of(call.body)
        text = fields.text("echo_message", length_max=1024)
        sealed = fields.optional_text("encrypted_echo_message", length_max=2048)
        place = fields.place("encrypted_echo_message")
        opened(sealed, serial=call.serial, merchant=call.merchant, place=place)
        url = notify_url(fields, is_required=False)
        fields.require_no_more()
        if url:
            self.messages.echo(text, merchant=call.merchant, url=url)
        return Reply(status=200, content={"echo_message": text})

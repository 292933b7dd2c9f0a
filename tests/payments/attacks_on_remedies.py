"""How each law of remedies, links, messages, routes and keys would be broken: one lie each."""

from tests.payments.attacks_on_holds import PAYMENT, Attack, change_of, copy_of, removal_of

PARKED, REMEDY, LINK = "payments_parkedmoney", "payments_refundremedy", "payments_paymentlink"
RULE, SWITCH = "payments_routingrule", "payments_methodswitch"
KEYS, MESSAGE = "payments_channelkeyset", "payments_channelnotification"
REFUND, MERCHANT = "payments_refund", "payments_merchant"
EXAMINATION, CALL = "payments_channelexamination", "payments_channelcall"
ORDER, ATTEMPT = "payments_channeloperation", "payments_paymentattempt"
ONE_PARKED = ("payments_parkedmoney_attempt_id_key", "payments_parkedmoney_entry_id_key")
LINKED = {"id": "'x_lie'", "code": "'x_lie'"}
SEALED_AWAY = {"account_encrypted": "''", "holder_encrypted": "''"}

ATTACKS_ON_REMEDIES = (
    # 0015: what came otherwise than asked waits until somebody decides
    Attack(
        PARKED,
        "payments_parked_start",
        copy_of(PARKED, "parked", id="'x_lie'", status="'returning'"),
        also=ONE_PARKED,
    ),
    Attack(
        PARKED,
        "payments_parked_is_its_entry",
        copy_of(PARKED, "parked", id="'x_lie'", amount_minor="1"),
        also=ONE_PARKED,
    ),
    Attack(
        PARKED,
        "payments_parked_moves",
        change_of(PARKED, "parked", status="'returned'"),
        also=("payments_parked_agreed",),
    ),
    Attack(PARKED, "payments_parked_agreed", change_of(PARKED, "parked", status="'returning'")),
    Attack(PARKED, "payments_parked_keeps", change_of(PARKED, "parked", came_at="now()")),
    Attack(
        PARKED,
        "payments_parked_amounts",
        change_of(PARKED, "parked", accepted_minor="amount_minor + 1"),
        also=("payments_parked_agreed",),
    ),
    Attack(PARKED, "payments_parkedmoney_stays", removal_of(PARKED, "parked"), is_denied=True),
    Attack(
        REMEDY,
        "payments_remedy_start",
        copy_of(REMEDY, "remedy", id="'x_lie'", status="'ordered'"),
        also=("payments_refundremedy_approval_id_key", "payments_remedy_one_open"),
    ),
    Attack(
        REMEDY,
        "payments_remedy_one_open",
        copy_of(REMEDY, "remedy", id="'x_lie'"),
        also=("payments_refundremedy_approval_id_key",),
    ),
    Attack(
        REMEDY,
        "payments_remedy_moves",
        change_of(REMEDY, "remedy", status="'failed'", **SEALED_AWAY),
    ),
    Attack(REMEDY, "payments_remedy_agreed", change_of(REMEDY, "remedy", status="'ordered'")),
    Attack(REMEDY, "payments_remedy_keeps", change_of(REMEDY, "remedy", note="'other'")),
    Attack(
        REMEDY,
        "payments_remedy_names_card",
        copy_of(REMEDY, "remedy", id="'x_lie'", card_index="''"),
        also=("payments_refundremedy_approval_id_key", "payments_remedy_one_open"),
    ),
    Attack(
        REMEDY,
        "payments_remedy_keeps_card",
        change_of(REMEDY, "remedy", account_encrypted="'v1.a.b'"),
    ),
    Attack(REMEDY, "payments_remedy_forgets", change_of(REMEDY, "remedy", status="'rejected'")),
    Attack(REMEDY, "payments_refundremedy_stays", removal_of(REMEDY, "remedy"), is_denied=True),
    Attack(
        REFUND,
        "payments_refund_by_hand_agreed",
        change_of(REFUND, "refund", status="'settled_by_hand'"),
    ),
    Attack(
        REFUND, "payments_refund_keeps_parked", change_of(REFUND, "refund", parked_id="%(parked)s")
    ),
    Attack(PAYMENT, "payments_payment_keeps_link", change_of(PAYMENT, "taken", link_id="%(link)s")),
    Attack(LINK, "payments_link_keeps", change_of(LINK, "link", amount_minor="1")),
    Attack(LINK, "payments_link_amount", copy_of(LINK, "link", **LINKED, amount_minor="0")),
    Attack(LINK, "payments_paymentlink_code_key", copy_of(LINK, "link", id="'x_lie'")),
    Attack(LINK, "payments_paymentlink_stays", removal_of(LINK, "link"), is_denied=True),
    Attack(
        MERCHANT,
        "payments_late_money_agreed",
        change_of(MERCHANT, "merchant", late_money="'accept'"),
    ),
    Attack(
        MERCHANT,
        "payments_merchant_late_start",
        copy_of(MERCHANT, "merchant", id="'x_lie'", external_no="'x_lie'", late_money="'accept'"),
    ),
    # 0016: a message never changes, and its verdict moves once
    Attack(
        MESSAGE,
        "payments_notification_start",
        copy_of(
            MESSAGE,
            "received",
            id="-1",
            verdict="'genuine'",
            notification_id="'n2'",
            channel_no="'ATT2'",
        ),
    ),
    Attack(
        MESSAGE,
        "payments_notification_keeps",
        change_of(MESSAGE, "received", headers="'[]'"),
        is_denied=True,
    ),
    Attack(MESSAGE, "payments_notification_moves", change_of(MESSAGE, "forged", verdict="'probe'")),
    Attack(
        MESSAGE, "payments_notification_decided", change_of(MESSAGE, "genuine", judged_at="now()")
    ),
    Attack(
        MESSAGE,
        "payments_notification_named",
        change_of(MESSAGE, "received", verdict="'genuine'"),
    ),
    Attack(
        MESSAGE,
        "payments_notification_once",
        change_of(
            MESSAGE, "received", verdict="'genuine'", notification_id="'n1'", channel_no="'A'"
        ),
    ),
    Attack(MESSAGE, "payments_notification_stays", removal_of(MESSAGE, "genuine"), is_denied=True),
    # 0017: a rule is in force once two people agreed, and never changes
    Attack(RULE, "payments_routing_starts", copy_of(RULE, "rule", id="'x_lie'", is_enabled="true")),
    Attack(RULE, "payments_routing_agreed", change_of(RULE, "rule", is_enabled="true")),
    Attack(RULE, "payments_routing_keeps", change_of(RULE, "rule", priority="priority + 1")),
    Attack(RULE, "payments_routing_amounts", copy_of(RULE, "rule", id="'x_lie'", from_minor="-1")),
    Attack(
        RULE, "payments_routing_times", copy_of(RULE, "rule", id="'x_lie'", starts_at="'08:00'")
    ),
    Attack(
        RULE,
        "payments_routing_times",
        copy_of(RULE, "rule", id="'x_lie'", starts_at="'08:00'", ends_at="'08:00'"),
    ),
    Attack(SWITCH, "payments_switch_keeps", change_of(SWITCH, "switch", reason="'other'")),
    Attack(SWITCH, "payments_method_closed_once", copy_of(SWITCH, "switch", id="'x_lie'")),
    # 0018: who entered which keys for which account never changes
    Attack(
        KEYS,
        "payments_key_set_start",
        copy_of(KEYS, "keys", id="'x_lie'", status="'former'", retires_at="now()"),
        also=("payments_channelkeyset_approval_id_key",),
    ),
    Attack(
        KEYS,
        "payments_key_set_moves",
        change_of(KEYS, "keys", status="'retired'", retires_at="now()"),
    ),
    Attack(KEYS, "payments_key_set_keeps", change_of(KEYS, "keys", entered_by="'user:9'")),
    Attack(
        KEYS,
        "payments_key_set_forgets",
        change_of(KEYS, "keys", status="'dropped'", api_key_encrypted="'v1.a.b'"),
        also=("payments_key_set_entered",),
    ),
    Attack(KEYS, "payments_key_set_stays", removal_of(KEYS, "keys"), is_denied=True),
    # 0020: what an examination found stays as it was found
    Attack(
        EXAMINATION,
        "payments_examination_once",
        change_of(EXAMINATION, "examination", errors="7"),
        is_denied=True,
    ),
    Attack(CALL, "payments_call_result", copy_of(CALL, "call", id="-1", result="'bored'")),
    # 0021: an order moves as its table says
    Attack(
        ORDER,
        "payments_operation_moves",
        change_of(ORDER, "order", status="'prepared'"),
    ),
    Attack(
        ATTEMPT,
        "payments_attempt_moves",
        change_of(ATTEMPT, "plain", status="'prepared'"),
    ),
)

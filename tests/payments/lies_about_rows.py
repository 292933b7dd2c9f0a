"""What every row of payments must be, whoever writes it: one lie about each law, in SQL.

A lie is told with every other law of its table gone, so that this one alone can refuse it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lie:
    """What an UPDATE sets in one row of a table, or in a copy of it that is new.

    `given` is what the row is made first, past every law; `where` says which row it is.
    """

    sets: str
    given: str = ""
    where: str = "true"
    is_new: bool = False


def named(status: str = "status") -> Lie:
    return Lie(f"{status} = 'x_lie'")


def born(status: str) -> Lie:
    return Lie(f"status = '{status}'", is_new=True)


LIES_ABOUT_ROWS: dict[str, Lie] = {
    # what an amount, a fee or a rate may be
    "payments_operation_positive": Lie("amount_minor = 0"),
    "payments_payment_amounts": Lie("amount_minor = 0"),
    "payments_allocation_amounts": Lie("fee_minor = amount_minor + 1"),
    "payments_refund_amounts": Lie("unallocated_minor = -1"),
    "payments_refund_allocation_amounts": Lie("fee_returned_minor = amount_minor + 1"),
    "payments_capture_share_amounts": Lie("fee_minor = amount_minor + 1"),
    "payments_void_positive": Lie("amount_minor = 0"),
    "payments_manual_positive": Lie("amount_minor = 0"),
    "payments_reserve_use": Lie("amount_minor = 0"),
    "payments_line_adds_up": Lie("net_minor = net_minor + 1"),
    "payments_channel_fee_sane": Lie("channel_fee_bps = 10001"),
    "payments_fee_plan_sane": Lie("fee_bps = 10001"),
    "payments_account_advance": Lie("advance_limit_minor = -1"),
    "payments_account_reserve": Lie("reserve_bps = 500, reserve_days = 0"),
    # which words there are
    "payments_capture_status": named(),
    "payments_channel_kind": named("channel"),
    "payments_key_set_status": named(),
    "payments_notification_verdict": named("verdict"),
    "payments_operation_kind": named("kind"),
    "payments_operation_status": named(),
    "payments_manual_status": named(),
    "payments_merchant_late_money": Lie("late_money = 'never'"),
    "payments_parked_status": named(),
    "payments_payment_capturing": Lie("capture_mode = 'twice'"),
    "payments_payment_status": named(),
    "payments_refund_status": named(),
    "payments_void_status": named(),
    "payments_hold_covers": named("covers"),
    "payments_line_kind": named("kind"),
    # what goes with what
    "payments_key_set_retires": Lie("status = 'former', retires_at = NULL"),
    "payments_breaker_is_tried": Lie("opened_at = now(), probe_at = NULL"),
    "payments_attempt_left_open": Lie("is_left_open = true", where="status <> 'closed'"),
    "payments_manual_booked": Lie("status = 'booked', booked_at = NULL"),
    "payments_manual_reason": named("reason_code"),
    "payments_manual_freeze": Lie("kind = 'unfreeze', freeze_id = NULL"),
    "payments_manual_reserve": Lie("kind = 'reserve_release', reserve_hold_id = NULL"),
    "payments_reserve_day": Lie("release_on = NULL"),
    "payments_hold_released_by_two": Lie("released_at = now(), approval_id = NULL"),
    # what is never written again
    "payments_operation_keeps": Lie("channel_no = 'x_lie'"),
    "payments_payment_keeps": Lie("amount_minor = amount_minor + 1"),
    "payments_attempt_keeps": Lie("method = 'alipay_app'"),
    "payments_refund_keeps": Lie("amount_minor = amount_minor + 1"),
    "payments_merchant_account_keeps": Lie("currency = 'USD'"),
    "payments_reserve_keeps": Lie("amount_minor = amount_minor + 1"),
    "payments_hold_keeps": Lie("reason = 'other'"),
    # how a row begins, and where it may go
    "payments_operation_start": born("succeeded"),
    "payments_payment_start": born("paid"),
    "payments_attempt_start": born("succeeded"),
    "payments_refund_start": born("succeeded"),
    "payments_manual_start": born("booked"),
    "payments_hold_starts": Lie("released_at = now()", is_new=True),
    "payments_attempt_paid_as_its_order": Lie(
        "status = 'succeeded'",
        given="status = 'failed'",
        where="operation_id IN (SELECT id FROM payments_channeloperation"
        " WHERE status <> 'succeeded')",
    ),
    "payments_payment_moves": Lie("status = 'created'", where="status = 'paid'"),
    # what two people agree to
    "payments_refund_approved": Lie("status = 'submitting'", given="status = 'pending_approval'"),
    "payments_hold_release_agreed": Lie("released_at = now()"),
    "payments_merchant_terms_agreed": Lie("settlement_cycle = 'other'"),
    "payments_account_terms_agreed": Lie("advance_limit_minor = 1000000000000"),
    "payments_fee_plan_agreed": Lie("version = 2", is_new=True),
    "payments_manual_reserve_has_its_row": Lie(
        "status = 'booked'", given="kind = 'reserve_hold', status = 'pending_approval'"
    ),
    # what adds up, and what there is to give back or to take
    "payments_payment_adds_up": Lie("amount_minor = amount_minor + 1", is_new=True),
    "payments_allocation_adds_up": Lie("amount_minor = 1", is_new=True),
    "payments_refund_adds_up": Lie("amount_minor = amount_minor + 1", is_new=True),
    "payments_refundallocation_adds_up": Lie("amount_minor = 1", is_new=True),
    "payments_captureshare_adds_up": Lie("amount_minor = 1", is_new=True),
    "payments_refund_of_what_was_paid": Lie("amount_minor = 9999999", is_new=True),
    "payments_refund_of_what_was_allocated": Lie("amount_minor = 9999999", is_new=True),
    "payments_refund_of_what_was_captured": Lie(
        "amount_minor = 9999999", where="capture_id IS NOT NULL", is_new=True
    ),
    "payments_refund_of_share_captured": Lie(
        "amount_minor = 9999999",
        where="refund_id IN (SELECT id FROM payments_refund WHERE capture_id IS NOT NULL)",
        is_new=True,
    ),
    # a line is written with its entry, in one transaction
    "payments_line_of_this_entry": Lie("entry_id = entry_id + 1000000", is_new=True),
}

TWINS: dict[str, Lie] = {
    "payments_account_per_currency": Lie(""),
    "payments_allocation_once_each": Lie(""),
    "payments_attempt_one_live": Lie("", where="status NOT IN ('succeeded', 'failed', 'closed')"),
    "payments_authorisation_attempt_id_key": Lie(""),
    "payments_capture_one_final": Lie("", given="is_final = true, status = 'succeeded'"),
    "payments_capture_operation_id_key": Lie(""),
    "payments_channel_account_once": Lie(""),
    "payments_channeloperation_channel_no_key": Lie(""),
    "payments_event_sequence": Lie("", where="sequence IS NOT NULL"),
    "payments_fee_plan_version": Lie(""),
    "payments_manualentry_approval_id_key": Lie("", where="approval_id IS NOT NULL"),
    "payments_manualentry_entry_id_key": Lie("", where="entry_id IS NOT NULL"),
    "payments_merchant_external_no_key": Lie(""),
    "payments_merchantaccount_available_account_id_key": Lie(""),
    "payments_merchantaccount_debt_account_id_key": Lie("", where="debt_account_id IS NOT NULL"),
    "payments_merchantaccount_hold_account_id_key": Lie("", where="hold_account_id IS NOT NULL"),
    "payments_merchantaccount_pending_account_id_key": Lie(""),
    "payments_payment_order_no": Lie(""),
    "payments_paymentattempt_operation_id_key": Lie(""),
    "payments_refund_allocation_once": Lie(""),
    "payments_refund_no": Lie("", given="merchant_refund_no = 'one'"),
    "payments_refund_operation_id_key": Lie("", where="operation_id IS NOT NULL"),
    "payments_reserve_once_of_payment": Lie(""),
    "payments_reserve_use_once": Lie(""),
    "payments_reservehold_entry_id_key": Lie(""),
    "payments_void_operation_id_key": Lie(""),
}
"""Where a second row like the first is the lie."""

WITHOUT_CONTROL: dict[str, str] = {
    "payments_apicredential_secret_sha256_key": "two keys with one secret are no two keys",
    "payments_credential_kind": "there is one kind of credential; it guards no money",
    "payments_idempotency_key": "two records of one key: tests/payments/api race for it",
    "payments_idempotency_key_shape": "the form of a key that a partner chose; it guards no money",
    "payments_member_once_each": "who reads what of a merchant; it guards no money",
    "payments_member_role": "who reads what of a merchant; it guards no money",
    "payments_payer_number": "who a payer is at a merchant; it guards no money",
    "payments_payersession_token_sha256_key": "two tokens of one draw; it guards no money",
    "payments_session_keeps": "a payer's page; its own test changes each column",
    "payments_session_of_payer_is_bound": "a payer's page; tests/payments/checkout ask for it",
    "payments_refused_count_once": "a count of forged messages; it guards no money",
    "payments_reservehold_capture_share_id_key": "of captures; payments_reserve_is_its_entry says"
    " more of each hold",
    "payments_reserve_opens": "writes what is left and refuses nothing",
    "payments_reserve_is_used": "lowers what is left and refuses nothing",
}
"""Laws of payments that no attack is written against, each with the reason."""

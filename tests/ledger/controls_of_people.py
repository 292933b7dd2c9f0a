"""Attacks on what two people agree to, and on how many must, that one law alone refuses."""

from ledger.actions.approvals import digest_of
from tests.rig.controls import Control, stands

REQUEST = (
    "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload, digest, maker,"
    " required, state, version, created_at, expires_at)"
    " VALUES ('apr_lie', '{kind}', 'x', '{object}', '{{}}', sha256('{{}}'), 'user:9', {required},"
    " '{state}', 1, now(), now() + interval '1 day')"
)
MONEY = (
    "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload, digest, maker,"
    " amount_minor, currency, required, state, version, created_at, expires_at)"
    " VALUES ('apr_lie', 'x', 'x', 'x', '{}', sha256('{}'), 'user:9', -1, 'CNY', 1, 'pending', 1,"
    " now(), now() + interval '1 day')"
)
TIER = (
    "INSERT INTO ledger_approvaltier"
    " (kind, currency, above_minor, required, needs_head, created_at, created_by)"
    " VALUES ({values}, now(), 'user:1')"
)
UNAPPROVED = (("ledger_approvaltier", "ledger_tier_approved"),)
DIGEST = digest_of({"net": 100}).hex()
DECISION = (
    "INSERT INTO ledger_approvaldecision (request_id, maker, approver, decision, digest,"
    " second_factor, reason, at)"
    " SELECT id, {maker}, {approver}, {decision}, '\\x{digest}', 'totp', '', '2026-03-05T04:00Z'"
    " FROM ledger_approvalrequest WHERE object_id = 'stl_1'"
)


def decision(**words: str) -> str:
    """Write somebody's word on the request."""
    told = {"maker": "maker", "approver": "'user:3'", "decision": "'approve'", "digest": DIGEST}
    return DECISION.format(**{**told, **words})


def request(**words: str) -> str:
    """Write a request that nobody made by the actions."""
    return REQUEST.format(
        **{"kind": "x", "object": "x", "required": "1", "state": "pending", **words}
    )


CONTROLS_OF_PEOPLE = [
    # Two people.
    Control(
        "ledger_approvaldecision",
        "ledger_decision_two_people",
        stands(decision(approver="maker")),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_approver_form",
        stands(decision(approver="'USER:1'")),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_approval_maker_form",
        stands(request().replace("'user:9'", "'USER:9'").replace("'user:1'", "'USER:1'")),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_maker_fk",
        stands(decision(maker="'user:8'", approver="maker")),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_once_each",
        stands(decision(approver="'user:2'")),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_choice",
        stands(decision(decision="'so'")),
        also=(("ledger_approvaldecision", "ledger_decision_rejection_reason"),),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_rejection_reason",
        stands(decision(decision="'reject'")),
    ),
    Control("ledger_approvaldecision", "ledger_decision_open_request", stands(decision(digest=""))),
    Control(
        "ledger_approvalrequest",
        "ledger_request_enough_approvals",
        stands("UPDATE ledger_approvalrequest SET state = 'approved'"),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_request_moves",
        stands("UPDATE ledger_approvalrequest SET state = 'executed'"),
        also=(("ledger_approvalrequest", "ledger_request_enough_approvals"),),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_request_keeps",
        stands("UPDATE ledger_approvalrequest SET payload = '{\"net\": 1}'"),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_request_start",
        stands(request(state="rejected")),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_request_stays",
        stands("DELETE FROM ledger_approvalrequest WHERE object_id = 'stl_2'"),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_approval_one_open",
        stands(request(kind="settlement", object="stl_1")),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_approval_required",
        stands(request(required="0")),
        also=(("ledger_approvalrequest", "ledger_request_follows_tier"),),
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_request_follows_tier",
        stands(request(kind="approval_tier")),
    ),
    Control("ledger_approvalrequest", "ledger_approval_amount", stands(MONEY)),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_second_factor",
        stands(decision().replace("'totp'", "''")),
    ),
    Control(
        "ledger_approvaldecision",
        "ledger_decision_as_head",
        stands(
            decision()
            .replace(" second_factor,", " second_factor, as_head,")
            .replace("'totp'", "'totp', true")
        ),
    ),
    # How many people must agree.
    Control(
        "ledger_approvaltier",
        "ledger_tier_approved",
        stands(TIER.format(values="'', 'CNY', 100000000, 1, false")),
    ),
    Control(
        "ledger_approvaltier",
        "ledger_tier_required",
        stands(TIER.format(values="'', 'CNY', 0, 6, false")),
        also=UNAPPROVED,
    ),
    Control(
        "ledger_approvaltier",
        "ledger_tier_above",
        stands(TIER.format(values="'', '', 5, 1, false")),
        also=UNAPPROVED,
    ),
    Control(
        "ledger_approvaltier",
        "ledger_tier_of_tiers",
        stands(TIER.format(values="'approval_tier', '', 0, 1, false")),
        also=UNAPPROVED,
    ),
    Control(
        "ledger_approvalrequest",
        "ledger_approval_state",
        stands(request(state="lies")),
        also=(("ledger_approvalrequest", "ledger_request_start"),),
    ),
]

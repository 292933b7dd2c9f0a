"""The laws of refunds: nobody gets back more than was paid, and it is booked as it stands."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law
from payments.states import DEAD_REFUNDS, REFUNDS_IN_FLIGHT

_DEAD = [status.value for status in DEAD_REFUNDS]
_IN_FLIGHT = [status.value for status in REFUNDS_IN_FLIGHT]

# What of a refund is somebody's, and what is nobody's: each part has entries of its own.
_PARTS = """
  SELECT p.id, r.id AS refund_id, r.status, r.currency, p.amount_minor,
         o.channel_account_id || '/' || a.merchant_id AS owner_id
  FROM payments_refund r
  JOIN payments_refundallocation p ON p.refund_id = r.id
  JOIN payments_paymentallocation a ON a.id = p.allocation_id
  LEFT JOIN payments_channeloperation o ON o.id = r.operation_id
  UNION ALL
  SELECT r.id || ':unallocated', r.id, r.status, r.currency, r.unallocated_minor,
         o.channel_account_id || '/unallocated'
  FROM payments_refund r
  LEFT JOIN payments_channeloperation o ON o.id = r.operation_id
  WHERE r.unallocated_minor > 0
"""

# How an entry of a part is named: the step, and its turn. What came back (E05i) undoes E05e, and
# what failed before it was made after all was asked for as often as it failed, and once more.
_STEPS = ":(request|succeeded|reversed|failed|by_hand)(?::[0-9]+)?$"

LAWS_OF_REFUNDS = (
    Law(
        code="refunds_add_up",
        sentence=_("Every refund is the sum of its allocations and what belongs to nobody."),
        count="SELECT count(*) FROM payments_refund",
        differences="""
            SELECT r.id, r.amount_minor, r.unallocated_minor + coalesce(sum(p.amount_minor), 0)
            FROM payments_refund r
            LEFT JOIN payments_refundallocation p ON p.refund_id = r.id
            GROUP BY r.id
            HAVING r.amount_minor <> r.unallocated_minor + coalesce(sum(p.amount_minor), 0)
            ORDER BY r.id""",
    ),
    Law(
        code="refunds_are_of_what_was_paid",
        sentence=_("Nothing is refunded that was not paid, and no fee that was not taken."),
        count="""
            SELECT count(*) FROM payments_refund
            WHERE %s::text[] IS NOT NULL AND %s::text[] IS NOT NULL""",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT a.id AS subject,
                     format('at most %%s, of the fee %%s', a.amount_minor, a.fee_minor) AS expected,
                     format('%%s, of the fee %%s', sum(p.amount_minor),
                            sum(p.fee_returned_minor)) AS found
              FROM payments_paymentallocation a
              JOIN payments_refundallocation p ON p.allocation_id = a.id
              JOIN payments_refund r ON r.id = p.refund_id AND r.status <> ALL (%s::text[])
              GROUP BY a.id
              HAVING sum(p.amount_minor) > a.amount_minor
                  OR sum(p.fee_returned_minor) > a.fee_minor
              UNION ALL
              SELECT p.id, format('at most %%s, nobody''s %%s', p.amount_minor,
                                  p.unallocated_minor),
                     format('%%s, nobody''s %%s', sum(r.amount_minor), sum(r.unallocated_minor))
              FROM payments_payment p
              JOIN payments_refund r ON r.payment_id = p.id AND r.status <> ALL (%s::text[])
               AND r.parked_id IS NULL
              GROUP BY p.id
              HAVING sum(r.amount_minor) > p.amount_minor
                  OR sum(r.unallocated_minor) > p.unallocated_minor
                  OR p.paid_at IS NULL) told
            ORDER BY subject""",
        arguments=(_DEAD, _DEAD),
    ),
    Law(
        code="refunds_are_booked",
        sentence=_("Every refund was booked when it was funded, and when it ended, as it ended."),
        count="SELECT count(*) FROM payments_refund",
        differences=f"""
            WITH booked AS (
              SELECT part, step, sum(minor) AS minor, count(DISTINCT source) AS times
              FROM (
                SELECT e.source,
                       regexp_replace(e.source, '{_STEPS}', '') AS part,
                       replace(substring(e.source FROM '{_STEPS}'),
                               'reversed', 'succeeded') AS step,
                       CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END AS minor
                FROM ledger_journalentry e
                JOIN ledger_posting p ON p.entry_id = e.id
                JOIN ledger_account a ON a.id = p.account_id AND a.code = '2101') steps
              GROUP BY part, step)
            SELECT subject, expected, found
            FROM (
              SELECT p.id || ' ' || p.status AS subject,
                CASE
                  WHEN p.status IN ('requested', 'pending_approval', 'funding_required',
                                    'rejected', 'cancelled') THEN 'nothing'
                  WHEN p.status = 'succeeded'
                    THEN format('E05a %%s and E05e %%s', p.amount_minor, p.amount_minor)
                  WHEN p.status = 'failed'
                    THEN format('E05a %%s and E05g %%s', p.amount_minor, p.amount_minor)
                  WHEN p.status = 'settled_by_hand'
                    THEN format('E05a %%s and E05h %%s', p.amount_minor, p.amount_minor)
                  ELSE format('E05a %%s', p.amount_minor) END AS expected,
                coalesce(nullif(concat_ws(' and ',
                  'E05a ' || asked.minor - (asked.times - 1) * p.amount_minor,
                  'E05e ' || nullif(-done.minor, 0),
                  'E05g ' || nullif(-back.minor - (asked.times - 1) * p.amount_minor, 0),
                  'E05h ' || -by_hand.minor), ''), 'nothing') AS found
              FROM ({_PARTS}) p
              LEFT JOIN booked asked ON asked.part = p.id AND asked.step = 'request'
              LEFT JOIN booked done ON done.part = p.id AND done.step = 'succeeded'
              LEFT JOIN booked back ON back.part = p.id AND back.step = 'failed'
              LEFT JOIN booked by_hand ON by_hand.part = p.id AND by_hand.step = 'by_hand') told
            WHERE expected <> found
            ORDER BY subject""",  # noqa: S608  put together from a constant of this module
    ),
    Law(
        code="refunds_have_their_lines",
        sentence=_("A merchant's lines of a refund say what it gave back, and of which fee."),
        count="SELECT count(*) FROM payments_refundallocation",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT p.id || ' ' || r.status AS subject,
                CASE
                  WHEN r.status IN ('requested', 'pending_approval', 'funding_required',
                                    'rejected', 'cancelled', 'failed') THEN '0, of the fee 0'
                  ELSE format('%%s, of the fee %%s', -p.amount_minor, -p.fee_returned_minor)
                  END AS expected,
                format('%%s, of the fee %%s', coalesce(l.gross, 0), coalesce(l.fee, 0)) AS found
              FROM payments_refundallocation p
              JOIN payments_refund r ON r.id = p.refund_id
              LEFT JOIN (
                SELECT source, sum(gross_minor) AS gross, sum(fee_minor) AS fee
                FROM payments_balancetransaction
                WHERE kind IN ('refund', 'refund_failed')
                GROUP BY source) l ON l.source = p.id) told
            WHERE expected <> found
            ORDER BY subject""",
    ),
    Law(
        code="refunds_in_flight_are_2101",
        sentence=_("The refunds that channels have not answered add up to what is owed to payers."),
        count="SELECT count(*) FROM ledger_account WHERE code = '2101' AND %s::text[] IS NOT NULL",
        differences=f"""
            SELECT coalesce(owner_id, '') || ' ' || currency, coalesce(books.balance_minor, 0),
                   coalesce(refunds.amount, 0)
            FROM (
              SELECT a.owner_id, a.currency, b.balance_minor
              FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
              WHERE a.code = '2101') books
            FULL JOIN (
              SELECT p.owner_id, p.currency, sum(p.amount_minor) AS amount
              FROM ({_PARTS}) p
              WHERE p.status = ANY (%s::text[])
              GROUP BY p.owner_id, p.currency) refunds USING (owner_id, currency)
            WHERE coalesce(books.balance_minor, 0) <> coalesce(refunds.amount, 0)
            ORDER BY owner_id, currency""",  # noqa: S608  as above
        arguments=(_IN_FLIGHT,),
    ),
    Law(
        code="two_people_approved_refunds",
        sentence=_("A refund that waited for another person went on with their agreement only."),
        count="SELECT count(*) FROM payments_refund WHERE approval_id IS NOT NULL",
        differences="""
            SELECT f.id || ' ' || f.status, 'a request approved by others',
                   r.id || ' ' || r.state
            FROM payments_refund f
            JOIN ledger_approvalrequest r ON r.id = f.approval_id
            WHERE f.status NOT IN ('requested', 'pending_approval', 'rejected', 'cancelled') AND (
                r.kind <> 'refund' OR r.object_id <> f.id
                OR r.state <> CASE f.status WHEN 'funding_required' THEN 'approved'
                                            ELSE 'executed' END
                OR (SELECT count(DISTINCT d.approver) FROM ledger_approvaldecision d
                    WHERE d.request_id = r.id AND d.decision = 'approve'
                      AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
            ORDER BY f.id""",
    ),
)
"""The laws of refunds."""

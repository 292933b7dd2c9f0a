"""The laws of authorisations: nothing is taken that is not held, and what is taken is booked."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law
from payments.capture_states import DEAD_CAPTURES
from payments.states import DEAD_REFUNDS

_DEAD = [status.value for status in DEAD_CAPTURES]
_DEAD_REFUNDS = [status.value for status in DEAD_REFUNDS]

LAWS_OF_CAPTURES = (
    Law(
        code="captures_add_up",
        sentence=_("Every capture is the sum of its shares and what belongs to nobody."),
        count="SELECT count(*) FROM payments_capture",
        differences="""
            SELECT c.id, c.amount_minor, c.unallocated_minor + coalesce(sum(s.amount_minor), 0)
            FROM payments_capture c
            LEFT JOIN payments_captureshare s ON s.capture_id = c.id
            GROUP BY c.id
            HAVING c.amount_minor <> c.unallocated_minor + coalesce(sum(s.amount_minor), 0)
            ORDER BY c.id""",
    ),
    Law(
        code="captures_are_of_what_is_held",
        sentence=_("Nothing is taken that was not authorised, and no fee that was not agreed."),
        count="""
            SELECT count(*) FROM payments_authorisation
            WHERE %s::text[] IS NOT NULL AND %s::text[] IS NOT NULL""",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT h.id AS subject,
                     format('at most %%s', CASE WHEN h.is_spare THEN 0 ELSE h.amount_minor END
                            - coalesce(v.minor, 0)) AS expected,
                     format('%%s', sum(c.amount_minor)) AS found
              FROM payments_authorisation h
              JOIN payments_capture c
                ON c.authorisation_id = h.id AND c.status <> ALL (%s::text[])
              LEFT JOIN (
                SELECT authorisation_id, sum(amount_minor) AS minor FROM payments_void
                WHERE status = 'succeeded' GROUP BY authorisation_id) v
                ON v.authorisation_id = h.id
              GROUP BY h.id, v.minor
              HAVING sum(c.amount_minor) > h.amount_minor - coalesce(v.minor, 0) OR h.is_spare
              UNION ALL
              SELECT a.id, format('at most %%s, of the fee %%s', a.amount_minor, a.fee_minor),
                     format('%%s, of the fee %%s', sum(s.amount_minor), sum(s.fee_minor))
              FROM payments_paymentallocation a
              JOIN payments_captureshare s ON s.allocation_id = a.id
              JOIN payments_capture c ON c.id = s.capture_id AND c.status <> ALL (%s::text[])
              GROUP BY a.id
              HAVING sum(s.amount_minor) > a.amount_minor OR sum(s.fee_minor) > a.fee_minor
            ) told
            ORDER BY subject""",
        arguments=(_DEAD, _DEAD),
    ),
    Law(
        code="captures_are_booked",
        sentence=_("Every capture that succeeded has its entries and lines, and no other has any."),
        count="SELECT count(*) FROM payments_captureshare",
        differences="""
            SELECT s.id || ' ' || c.status,
                   CASE c.status WHEN 'succeeded' THEN 'entry and line of '
                          || (s.amount_minor - s.fee_minor) ELSE 'nothing' END,
                   coalesce('entry ' || e.id, 'no entry') || ', '
                     || coalesce('line of ' || l.net_minor, 'no line')
            FROM payments_captureshare s
            JOIN payments_capture c ON c.id = s.capture_id
            JOIN payments_paymentallocation a ON a.id = s.allocation_id
            LEFT JOIN ledger_journalentry e ON e.source = s.id || ':captured'
            LEFT JOIN payments_balancetransaction l
              ON l.entry_id = e.id AND l.source = a.id AND l.merchant_id = a.merchant_id
             AND l.currency = c.currency
            WHERE CASE c.status WHEN 'succeeded'
                  THEN e.id IS NULL
                       OR (l.gross_minor, l.fee_minor) IS DISTINCT FROM
                          (s.amount_minor, s.fee_minor)
                  ELSE e.id IS NOT NULL END
            ORDER BY s.id""",
    ),
    Law(
        code="captured_is_paid",
        sentence=_(
            "A payment that was authorised first is paid once something of it was taken, and no"
            " line stands for it before."
        ),
        count="SELECT count(*) FROM payments_payment WHERE capture_mode = 'manual'",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT p.id || ' ' || p.status AS subject,
                     coalesce(c.minor, 0)::text AS expected,
                     coalesce(l.minor, 0)::text AS found,
                     (p.status = 'paid') = (coalesce(c.taken, 0) > 0) AS is_as_taken
              FROM payments_payment p
              LEFT JOIN LATERAL (
                SELECT sum(c.amount_minor - c.unallocated_minor) AS minor, count(*) AS taken
                FROM payments_capture c
                WHERE c.payment_id = p.id AND c.status = 'succeeded') c ON true
              LEFT JOIN LATERAL (
                SELECT sum(l.gross_minor) AS minor
                FROM payments_paymentallocation a
                JOIN payments_balancetransaction l ON l.source = a.id AND l.kind = 'payment'
                WHERE a.payment_id = p.id) l ON true
              WHERE p.capture_mode = 'manual') told
            WHERE expected <> found OR NOT is_as_taken
            ORDER BY subject""",
    ),
    Law(
        code="authorisations_end",
        sentence=_("What was taken or given back of an authorisation is held no more."),
        count="SELECT count(*) FROM payments_authorisation",
        differences="""
            SELECT h.id, 'ended', 'held'
            FROM payments_authorisation h
            WHERE h.ended_at IS NULL AND (
              EXISTS (SELECT FROM payments_void v
                      WHERE v.authorisation_id = h.id AND v.status = 'succeeded')
              OR EXISTS (SELECT FROM payments_capture c WHERE c.authorisation_id = h.id
                         AND c.status = 'succeeded' AND c.is_final))
            ORDER BY h.id""",
    ),
    Law(
        code="refunds_are_of_captures",
        sentence=_(
            "What was authorised first is refunded of one capture, and never more than it took."
        ),
        count="""
            SELECT count(*) FROM payments_refund
            WHERE capture_id IS NOT NULL AND %s::text[] IS NOT NULL AND %s::text[] IS NOT NULL""",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT s.id AS subject,
                     format('at most %%s, of the fee %%s', s.amount_minor, s.fee_minor) AS expected,
                     format('%%s, of the fee %%s', sum(p.amount_minor),
                            sum(p.fee_returned_minor)) AS found
              FROM payments_captureshare s
              JOIN payments_refund r
                ON r.capture_id = s.capture_id AND r.status <> ALL (%s::text[])
              JOIN payments_refundallocation p
                ON p.refund_id = r.id AND p.allocation_id = s.allocation_id
              GROUP BY s.id
              HAVING sum(p.amount_minor) > s.amount_minor
                  OR sum(p.fee_returned_minor) > s.fee_minor
              UNION ALL
              SELECT c.id, format('at most %%s, nobody''s %%s, once it is made', c.amount_minor,
                                  c.unallocated_minor),
                     format('%%s, nobody''s %%s', sum(r.amount_minor), sum(r.unallocated_minor))
              FROM payments_capture c
              JOIN payments_refund r ON r.capture_id = c.id AND r.status <> ALL (%s::text[])
              GROUP BY c.id
              HAVING sum(r.amount_minor) > c.amount_minor
                  OR sum(r.unallocated_minor) > c.unallocated_minor
                  OR c.status <> 'succeeded'
              UNION ALL
              SELECT r.id, p.capture_mode, CASE WHEN r.capture_id IS NULL THEN 'of no capture'
                                                ELSE 'of a capture' END
              FROM payments_refund r
              JOIN payments_payment p ON p.id = r.payment_id
              LEFT JOIN payments_capture c ON c.id = r.capture_id
              WHERE (p.capture_mode = 'manual') <> (r.capture_id IS NOT NULL)
                 OR c.payment_id <> r.payment_id) told
            ORDER BY subject""",
        arguments=(_DEAD_REFUNDS, _DEAD_REFUNDS),
    ),
    Law(
        code="discounts_are_booked",
        sentence=_("What a channel does not owe us of what was paid is our cost, and no more is."),
        count="""
            SELECT count(*) FROM payments_paymentattempt WHERE settled_minor IS NOT NULL""",
        differences="""
            SELECT payment_id, coalesce(told.minor, 0), coalesce(books.minor, 0)
            FROM (
              SELECT payment_id, sum(amount_minor - settled_minor) AS minor
              FROM (
                SELECT t.payment_id, coalesce(k.amount_minor, o.amount_minor) AS amount_minor,
                       t.settled_minor
                FROM payments_paymentattempt t
                JOIN payments_channeloperation o ON o.id = t.operation_id
                LEFT JOIN payments_parkedmoney k ON k.attempt_id = t.id
                JOIN payments_payment p ON p.id = t.payment_id AND p.capture_mode = 'automatic'
                WHERE t.status = 'succeeded'
                UNION ALL
                SELECT c.payment_id, c.amount_minor, c.settled_minor
                FROM payments_capture c WHERE c.status = 'succeeded') taken
              WHERE settled_minor BETWEEN 0 AND amount_minor
              GROUP BY payment_id) told
            FULL JOIN (
              SELECT e.subject AS payment_id, sum(s.amount_minor) AS minor
              FROM ledger_journalentry e
              JOIN ledger_posting s ON s.entry_id = e.id AND s.side = 'D'
              WHERE e.kind = 'payment_discount'
              GROUP BY e.subject) books USING (payment_id)
            WHERE coalesce(told.minor, 0) <> coalesce(books.minor, 0)
            ORDER BY payment_id""",
    ),
)
"""The laws of authorisations, captures and voids."""

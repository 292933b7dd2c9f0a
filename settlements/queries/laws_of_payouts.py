"""The laws of settlements, payouts and bank statements: nothing leaves that nobody owes."""

from django.utils.translation import gettext_lazy as _

from ledger.queries.integrity import Law

LAWS_OF_PAYOUTS = (
    Law(
        code="settlements_add_up",
        sentence=_("Every settlement is the sum of its lines, and held exactly that."),
        count="SELECT count(*) FROM settlements_settlement",
        differences="""
            SELECT s.id, format('%%s lines, net %%s, held %%s', s.item_count, s.net_minor,
                                s.net_minor),
                   format('%%s lines, net %%s, held %%s', coalesce(i.count, 0),
                          coalesce(i.net, 0), coalesce(h.amount, 0))
            FROM settlements_settlement s
            LEFT JOIN (
              SELECT i.settlement_id, count(*), sum(l.net_minor) AS net,
                sum(l.gross_minor) AS gross, sum(l.fee_minor) AS fee,
                sum(i.net_minor) AS items,
                min(l.merchant_id) AS first_merchant, max(l.merchant_id) AS last_merchant
              FROM settlements_settlementitem i
              JOIN payments_balancetransaction l ON l.id = i.balance_transaction_id
              GROUP BY i.settlement_id) i ON i.settlement_id = s.id
            LEFT JOIN (
              SELECT p.entry_id, a.owner_id, sum(p.amount_minor) AS amount
              FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
              WHERE a.code = '2003' AND p.side = 'C'
              GROUP BY p.entry_id, a.owner_id) h
              ON h.entry_id = s.hold_entry_id AND h.owner_id = s.merchant_id
            WHERE (i.count, i.net, i.items, i.gross, i.fee, i.first_merchant, i.last_merchant,
                   h.amount) IS DISTINCT FROM
                  (s.item_count::bigint, s.net_minor::numeric, s.net_minor::numeric,
                   s.gross_minor::numeric, s.fee_minor::numeric, s.merchant_id, s.merchant_id,
                   s.net_minor::numeric)
            ORDER BY s.id""",
    ),
    Law(
        code="lines_are_settled_once",
        sentence=_("No line is in two live settlements, and given-up settlements keep none."),
        count="SELECT count(*) FROM settlements_settlementitem",
        differences="""
            SELECT subject, expected, found
            FROM (
              SELECT balance_transaction_id AS subject, '1 live settlement' AS expected,
                     count(*)::text AS found
              FROM settlements_settlementitem WHERE released_at IS NULL
              GROUP BY balance_transaction_id HAVING count(*) > 1
              UNION ALL
              SELECT s.id, CASE WHEN s.status IN ('rejected', 'cancelled')
                           THEN 'all lines freed' ELSE 'no line freed' END,
                     count(*) || ' otherwise'
              FROM settlements_settlement s
              JOIN settlements_settlementitem i ON i.settlement_id = s.id
              WHERE (i.released_at IS NULL) = (s.status IN ('rejected', 'cancelled'))
              GROUP BY s.id) told
            ORDER BY subject""",
    ),
    Law(
        code="two_people_approved",
        sentence=_("Nobody was paid without the agreement of two people to exactly that."),
        count="""
            SELECT (SELECT count(*) FROM settlements_settlement
                    WHERE status IN ('approved', 'paying', 'paid'))
                 + (SELECT count(*) FROM settlements_payout WHERE entry_id IS NOT NULL)""",
        differences="""
            SELECT s.id, 'a request of the same digest, approved by others',
                   coalesce(r.id || ' ' || r.state, 'none')
            FROM settlements_settlement s
            LEFT JOIN ledger_approvalrequest r
              ON r.id = s.approval_id AND r.kind = 'settlement' AND r.object_id = s.id
            WHERE s.status IN ('approved', 'paying', 'paid') AND (
                r.id IS NULL OR r.digest IS DISTINCT FROM s.approved_digest
                OR r.state <> CASE s.status WHEN 'approved' THEN 'approved' ELSE 'executed' END
                OR (SELECT count(DISTINCT d.approver) FROM ledger_approvaldecision d
                    WHERE d.request_id = r.id AND d.decision = 'approve'
                      AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
            UNION ALL
            SELECT p.id, 'an executed request of this settlement, approved by others',
                   coalesce(r.id || ' ' || r.state, 'none')
            FROM settlements_payout p
            LEFT JOIN ledger_approvalrequest r
              ON r.id = p.approval_id AND r.kind = 'settlement' AND r.object_id = p.settlement_id
            WHERE p.entry_id IS NOT NULL AND (
                r.id IS NULL OR r.state <> 'executed'
                OR (SELECT count(DISTINCT d.approver) FROM ledger_approvaldecision d
                    WHERE d.request_id = r.id AND d.decision = 'approve'
                      AND d.digest = r.digest AND d.approver <> r.maker) < r.required)
            ORDER BY 1""",
    ),
    Law(
        code="settlements_have_their_payout",
        sentence=_(
            "An approved or paying settlement has one live payout of its net, a paid one has one"
            " that succeeded, one that failed or came back may have one that waits; any other has"
            " none."
        ),
        count="SELECT count(*) FROM settlements_settlement",
        differences="""
            SELECT s.id || ' ' || s.status,
                   CASE s.status WHEN 'approved' THEN '1 live' WHEN 'paying' THEN '1 live'
                                 WHEN 'paid' THEN '1 succeeded'
                                 WHEN 'pay_failed' THEN 'none, or 1 queued'
                                 WHEN 'returned' THEN 'none, or 1 queued' ELSE 'none' END,
                   count(p.id) FILTER (WHERE p.is_live) || ' live, '
                     || count(p.id) FILTER (WHERE p.status = 'succeeded') || ' succeeded'
            FROM settlements_settlement s
            LEFT JOIN (
              SELECT p.*, p.status NOT IN ('succeeded', 'failed', 'returned', 'expired',
                                           'cancelled') AS is_live
              FROM settlements_payout p) p
              ON p.settlement_id = s.id AND p.amount_minor = s.net_minor
             AND p.currency = s.currency
            GROUP BY s.id
            HAVING count(p.id) FILTER (WHERE p.is_live) <>
                     CASE WHEN s.status IN ('approved', 'paying') THEN 1
                          WHEN s.status IN ('pay_failed', 'returned')
                          THEN count(p.id) FILTER (WHERE p.status = 'queued') ELSE 0 END
                OR count(p.id) FILTER (WHERE p.status = 'succeeded') <>
                     CASE WHEN s.status = 'paid' THEN 1 ELSE 0 END
            ORDER BY s.id""",
    ),
    Law(
        code="payouts_are_booked",
        sentence=_("Every payout was booked when it left, and when it ended, as it ended."),
        count="SELECT count(*) FROM settlements_payout",
        differences="""
            SELECT p.id || ' ' || p.status,
                   CASE WHEN p.by_file AND p.status IN ('queued', 'sending') THEN 'nothing'
                        WHEN p.status = 'queued' THEN 'nothing, or E08 if it could not leave'
                        WHEN p.status = 'failed' THEN 'E08 and E10a, or nothing'
                        WHEN p.by_file THEN 'E08'
                        WHEN p.status = 'succeeded' THEN 'E08 and E09'
                        WHEN p.status = 'returned' THEN 'E08 and E09 and E10w'
                        ELSE 'E08' END,
                   concat_ws(' and ', CASE WHEN sent.id IS NOT NULL THEN 'E08' END,
                             CASE WHEN back.id IS NOT NULL THEN 'E10a' END,
                             CASE WHEN paid.id IS NOT NULL THEN 'E09' END,
                             CASE WHEN returned.id IS NOT NULL THEN 'E10w' END)
            FROM (
              SELECT p.*, c.channel = 'bank' AS by_file
              FROM settlements_payout p
              JOIN payments_channeloperation o ON o.id = p.operation_id
              JOIN payments_channelaccount c ON c.id = o.channel_account_id) p
            LEFT JOIN ledger_journalentry sent ON sent.source = p.id || ':instructed'
            LEFT JOIN ledger_journalentry back ON back.source = p.id || ':failed'
            LEFT JOIN ledger_journalentry paid ON paid.source = p.id || ':confirmed'
            LEFT JOIN ledger_journalentry returned ON returned.source = p.id || ':returned'
            WHERE p.entry_id IS DISTINCT FROM sent.id
               OR p.confirmed_entry_id IS DISTINCT FROM paid.id
               OR (p.by_file AND p.status IN ('queued', 'sending') AND sent.id IS NOT NULL)
               OR (p.status NOT IN ('queued', 'failed') AND sent.id IS NULL
                   AND NOT (p.by_file AND p.status = 'sending'))
               OR (back.id IS NOT NULL) <> (p.status = 'failed' AND sent.id IS NOT NULL)
               OR (paid.id IS NOT NULL AND p.status NOT IN ('succeeded', 'returned'))
               OR (NOT p.by_file AND p.status IN ('succeeded', 'returned') AND paid.id IS NULL)
               OR (returned.id IS NOT NULL) <> (NOT p.by_file AND p.status = 'returned')
            ORDER BY p.id""",
    ),
    Law(
        code="in_transit_is_2401",
        sentence=_(
            "The payouts at a bank or channel that it has not shown yet add up to what is in"
            " transit there."
        ),
        count="SELECT count(*) FROM ledger_account WHERE code = '2401'",
        differences="""
            SELECT coalesce(owner_id, '') || ' ' || currency, coalesce(books.balance_minor, 0),
                   coalesce(payouts.amount, 0)
            FROM (
              SELECT a.owner_id, a.currency, b.balance_minor
              FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
              WHERE a.code = '2401') books
            FULL JOIN (
              SELECT o.channel_account_id AS owner_id, p.currency, sum(p.amount_minor) AS amount
              FROM settlements_payout p
              JOIN payments_channeloperation o ON o.id = p.operation_id
              WHERE p.entry_id IS NOT NULL AND p.confirmed_entry_id IS NULL
                AND p.status <> 'failed'
              GROUP BY o.channel_account_id, p.currency) payouts USING (owner_id, currency)
            WHERE coalesce(books.balance_minor, 0) <> coalesce(payouts.amount, 0)
            ORDER BY owner_id, currency""",
    ),
    Law(
        code="bank_is_its_statements",
        sentence=_(
            "What the books hold at a bank is what it held when they began, and what its statements"
            " have shown since and we know."
        ),
        count="SELECT count(*) FROM settlements_billline",
        differences="""
            SELECT coalesce(owner_id, '') || ' ' || currency, coalesce(books.balance_minor, 0),
                   coalesce(shown.amount, 0)
            FROM (
              SELECT a.owner_id, a.currency,
                b.balance_minor - coalesce((
                  SELECT sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END)
                  FROM settlements_openingrow r
                  JOIN ledger_journalentry e ON e.subject = r.opening_id AND e.kind = 'opening'
                  JOIN ledger_posting p ON p.entry_id = e.id AND p.account_id = a.id
                  WHERE r.code = a.code AND r.owner_id = a.owner_id
                    AND r.currency = a.currency), 0) AS balance_minor
              FROM ledger_account a JOIN ledger_accountbalance b ON b.account_id = a.id
              WHERE a.code = '1001') books
            FULL JOIN (
              SELECT b.channel_account_id AS owner_id, l.currency,
                sum(CASE l.direction WHEN 'credit' THEN l.amount_minor
                                     ELSE -l.amount_minor END) AS amount
              FROM settlements_billline l JOIN settlements_bill b ON b.id = l.bill_id
              WHERE l.state = 'matched'
              GROUP BY b.channel_account_id, l.currency) shown USING (owner_id, currency)
            WHERE coalesce(books.balance_minor, 0) <> coalesce(shown.amount, 0)
            ORDER BY owner_id, currency""",
    ),
)
"""The laws of settlements and payouts."""

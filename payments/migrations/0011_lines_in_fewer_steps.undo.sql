CREATE OR REPLACE FUNCTION payments_check_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_silent boolean := NEW.kind IN ('maturity', 'settlement_hold', 'settlement_release');
  owner text;
BEGIN
  PERFORM nextval('ledger_checks');
  SELECT owner_id INTO owner
  FROM (
    SELECT a.owner_id, p.currency,
      sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
        FILTER (WHERE a.code = '2001') AS pending,
      sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
        FILTER (WHERE a.code IN ('2002', '1201')) AS available,
      sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
        FILTER (WHERE a.code = '2003') AS held
    FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
    WHERE p.entry_id = NEW.id AND a.code IN ('2001', '2002', '1201', '2003')
    GROUP BY a.owner_id, p.currency
  ) books
  FULL JOIN (
    SELECT l.merchant_id AS owner_id, l.currency,
      sum(l.net_minor) FILTER (WHERE l.available_on > m.matured_through_date) AS pending,
      sum(l.net_minor) FILTER (WHERE l.available_on <= m.matured_through_date) AS available,
      bool_or(m.id IS NULL) AS have_no_account
    FROM payments_balancetransaction l
    LEFT JOIN payments_merchantaccount m
      ON m.merchant_id = l.merchant_id AND m.currency = l.currency
    WHERE l.entry_id = NEW.id
    GROUP BY l.merchant_id, l.currency
  ) lines USING (owner_id, currency)
  WHERE CASE
    WHEN lines.have_no_account THEN true
    WHEN is_silent THEN
      lines.pending IS NOT NULL OR lines.available IS NOT NULL
      OR coalesce(books.pending, 0) + coalesce(books.available, 0) + coalesce(books.held, 0) <> 0
    ELSE
      coalesce(books.pending, 0) <> coalesce(lines.pending, 0)
      OR coalesce(books.available, 0) <> coalesce(lines.available, 0)
    END
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the lines of % do not agree with entry %', owner, NEW.source
      USING ERRCODE = '23514', TABLE = 'payments_balancetransaction',
            CONSTRAINT = 'payments_lines_agree';
  END IF;
  RETURN NULL;
END $$;

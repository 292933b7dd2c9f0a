CREATE OR REPLACE FUNCTION settlements_check_items() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM added i
  LEFT JOIN settlements_settlement s ON s.id = i.settlement_id
  LEFT JOIN ledger_journalentry e ON e.id = s.hold_entry_id AND e.xact = pg_current_xact_id()
  LEFT JOIN payments_balancetransaction l
    ON l.id = i.balance_transaction_id AND l.net_minor = i.net_minor
   AND l.merchant_id = s.merchant_id AND l.currency = s.currency
  WHERE e.id IS NULL OR l.id IS NULL OR i.released_at IS NOT NULL;
  IF FOUND THEN
    RAISE EXCEPTION 'settlements take lines of their merchant only, when they are drafted'
      USING ERRCODE = '23001', TABLE = 'settlements_settlementitem',
            CONSTRAINT = 'settlements_items_closed';
  END IF;
  RETURN NULL;
END $$;

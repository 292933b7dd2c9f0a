-- What is owed adds up, states move as states.py says, and a merchant's lines equal the books.

-- The sum of the allocations and what belongs to nobody is the amount. At COMMIT.
CREATE FUNCTION payments_check_allocations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  payment text := CASE TG_TABLE_NAME WHEN 'payments_payment' THEN to_jsonb(NEW) ->> 'id'
                                     ELSE to_jsonb(NEW) ->> 'payment_id' END;
BEGIN
  PERFORM FROM payments_payment p
  WHERE p.id = payment AND p.amount_minor = p.unallocated_minor + coalesce(
    (SELECT sum(a.amount_minor) FROM payments_paymentallocation a WHERE a.payment_id = p.id), 0);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the allocations of payment % do not add up to its amount', payment
      USING ERRCODE = '23514', TABLE = 'payments_payment',
            CONSTRAINT = 'payments_allocations_add_up';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payments_payment_adds_up AFTER INSERT ON payments_payment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_allocations();
CREATE CONSTRAINT TRIGGER payments_allocation_adds_up AFTER INSERT ON payments_paymentallocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_allocations();

-- A line is written in the transaction of its entry.
CREATE FUNCTION payments_guard_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_journalentry WHERE id = NEW.entry_id AND xact = pg_current_xact_id();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % takes lines only in the transaction that wrote it', NEW.entry_id
      USING ERRCODE = '23001', TABLE = 'payments_balancetransaction',
            CONSTRAINT = 'payments_line_entry_closed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_line_of_this_entry BEFORE INSERT ON payments_balancetransaction
  FOR EACH ROW EXECUTE FUNCTION payments_guard_line();

-- Per entry, merchant and currency, at COMMIT: the pending lines are the change of 2001, the
-- available lines the change of (2002 - 1201). Maturity and holds write no line and may only
-- move money between a merchant's own accounts.
CREATE FUNCTION payments_check_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_silent boolean := NEW.kind IN ('maturity', 'settlement_hold', 'settlement_release');
  owner text;
BEGIN
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
      sum(l.net_minor) FILTER (WHERE l.available_on <= m.matured_through_date) AS available
    FROM payments_balancetransaction l
    JOIN payments_merchantaccount m
      ON m.merchant_id = l.merchant_id AND m.currency = l.currency
    WHERE l.entry_id = NEW.id
    GROUP BY l.merchant_id, l.currency
  ) lines USING (owner_id, currency)
  WHERE CASE
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
CREATE CONSTRAINT TRIGGER payments_lines_agree AFTER INSERT ON ledger_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_lines();

-- Written once.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_paymentallocation', 'payments_balancetransaction',
                              'payments_event', 'payments_channelnotification',
                              'payments_feeplan'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_once', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
  -- Changed by moves only, never deleted.
  FOREACH name IN ARRAY ARRAY['payments_payment', 'payments_paymentattempt',
                              'payments_channeloperation', 'payments_merchant',
                              'payments_merchantaccount', 'payments_channelaccount'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

CREATE TRIGGER payments_payment_keeps BEFORE UPDATE ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'created_by_id', 'merchant_order_no',
    'amount_minor', 'unallocated_minor', 'currency', 'created_at');
CREATE TRIGGER payments_operation_keeps BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'channel_account_id', 'channel_no',
    'subject', 'amount_minor', 'currency', 'created_at');
CREATE TRIGGER payments_attempt_keeps BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'payment_id', 'channel_account_id', 'operation_id',
    'method', 'created_at');
CREATE TRIGGER payments_merchant_account_keeps BEFORE UPDATE ON payments_merchantaccount
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'currency',
    'pending_account_id', 'available_account_id', 'hold_account_id', 'debt_account_id');
CREATE TRIGGER payments_payment_start BEFORE INSERT ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'created');
CREATE TRIGGER payments_operation_start BEFORE INSERT ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'prepared');
CREATE TRIGGER payments_attempt_start BEFORE INSERT ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('status', 'prepared');

-- States move as payments/states.py says; a test compares the two. (Adjacent strings are one.)
CREATE TRIGGER payments_payment_moves BEFORE UPDATE ON payments_payment FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'authorized>closing,authorized>paid,awaiting_payment>authorized,awaiting_payment>closing,'
    'awaiting_payment>conflicted,awaiting_payment>paid,closed>paid_late,closing>closed,'
    'closing>conflicted,closing>paid,conflicted>paid,conflicted>refunding_late,'
    'created>awaiting_payment,created>closed,created>rejected,created>risk_review,'
    'paid_late>paid,paid_late>refunding_late,refunding_late>refunded_late,risk_review>created,'
    'risk_review>rejected');
CREATE TRIGGER payments_operation_moves BEFORE UPDATE ON payments_channeloperation FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');
CREATE TRIGGER payments_attempt_moves BEFORE UPDATE ON payments_paymentattempt FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_payer>closed,awaiting_payer>failed,awaiting_payer>manual_review,'
    'awaiting_payer>succeeded,awaiting_payer>unknown,manual_review>failed,'
    'manual_review>succeeded,prepared>sending,processing>closed,processing>failed,'
    'processing>manual_review,processing>succeeded,processing>unknown,sending>awaiting_payer,'
    'sending>failed,sending>prepared,sending>processing,sending>succeeded,sending>unknown,'
    'unknown>awaiting_payer,unknown>closed,unknown>failed,unknown>manual_review,'
    'unknown>processing,unknown>succeeded');

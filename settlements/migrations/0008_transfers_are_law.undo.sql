DROP TRIGGER settlements_payout_leaves_approved ON settlements_payout;
DROP FUNCTION settlements_check_instructed();
CREATE OR REPLACE FUNCTION settlements_check_payout() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_settlement s
  WHERE s.id = NEW.settlement_id AND s.status IN ('approved', 'paying')
    AND s.net_minor = NEW.amount_minor AND s.currency = NEW.currency
    AND s.approved_digest IS NOT NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % is not of an approved settlement', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_of_approved';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER settlements_payout_moves ON settlements_payout;
CREATE TRIGGER settlements_payout_moves BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_recipient>cancelled,awaiting_recipient>expired,'
    'awaiting_recipient>processing,awaiting_recipient>succeeded,exported>failed,'
    'exported>manual_review,exported>succeeded,manual_review>failed,'
    'manual_review>succeeded,processing>failed,processing>manual_review,'
    'processing>succeeded,queued>sending,sending>awaiting_recipient,sending>exported,'
    'sending>failed,sending>processing,sending>queued,sending>succeeded,sending>unknown,'
    'succeeded>returned,unknown>failed,unknown>manual_review,unknown>succeeded');
DROP TRIGGER settlements_destination_keeps ON settlements_destination;
CREATE TRIGGER settlements_destination_keeps BEFORE UPDATE ON settlements_destination
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'kind', 'currency',
    'holder_name', 'bank_name', 'bank_code', 'account_encrypted', 'account_tail',
    'account_index', 'version', 'created_at');
DROP TRIGGER settlements_payout_keeps ON settlements_payout;
CREATE TRIGGER settlements_payout_keeps BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'settlement_id', 'operation_id', 'amount_minor',
    'currency', 'created_at');
DROP TRIGGER settlements_settlement_keeps ON settlements_settlement;
CREATE TRIGGER settlements_settlement_keeps BEFORE UPDATE ON settlements_settlement FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'batch_id', 'merchant_id', 'currency',
    'gross_minor', 'fee_minor', 'net_minor', 'item_count', 'hold_entry_id', 'business_date',
    'created_at');

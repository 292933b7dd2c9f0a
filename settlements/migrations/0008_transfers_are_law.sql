-- A payout carries where it goes and the approval that it goes under; a settlement that failed or
-- came back is paid again by a new payout with a new approval. A settlement knows those of its
-- newest payout alone: what became of an older one nobody wrote down.

UPDATE settlements_payout p SET destination_id = s.destination_id, approval_id = s.approval_id
FROM settlements_settlement s
WHERE p.id = (SELECT n.id FROM settlements_payout n WHERE n.settlement_id = s.id
              ORDER BY n.created_at DESC, n.id DESC LIMIT 1);
SET CONSTRAINTS ALL IMMEDIATE;

DROP TRIGGER settlements_settlement_keeps ON settlements_settlement;
CREATE TRIGGER settlements_settlement_keeps BEFORE UPDATE ON settlements_settlement FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'batch_id', 'merchant_id', 'currency',
    'gross_minor', 'fee_minor', 'net_minor', 'item_count', 'hold_entry_id', 'business_date',
    'created_at', 'merchant_settlement_no', 'requested_by');
DROP TRIGGER settlements_payout_keeps ON settlements_payout;
CREATE TRIGGER settlements_payout_keeps BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'settlement_id', 'operation_id', 'amount_minor',
    'currency', 'created_at', 'destination_id', 'approval_id');
DROP TRIGGER settlements_destination_keeps ON settlements_destination;
CREATE TRIGGER settlements_destination_keeps BEFORE UPDATE ON settlements_destination
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'merchant_id', 'kind', 'currency',
    'holder_name', 'bank_name', 'bank_code', 'account_encrypted', 'account_tail',
    'account_index', 'version', 'created_at', 'account_type');

DROP TRIGGER settlements_payout_moves ON settlements_payout;
CREATE TRIGGER settlements_payout_moves BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_recipient>cancelled,awaiting_recipient>expired,'
    'awaiting_recipient>processing,awaiting_recipient>succeeded,exported>failed,'
    'exported>manual_review,exported>succeeded,manual_review>failed,'
    'manual_review>succeeded,processing>failed,processing>manual_review,'
    'processing>succeeded,queued>sending,sending>awaiting_recipient,sending>exported,'
    'sending>failed,sending>processing,sending>queued,sending>succeeded,sending>unknown,'
    'succeeded>returned,unknown>failed,unknown>manual_review,unknown>processing,'
    'unknown>succeeded');

-- A payout pays the whole of a settlement that two people agreed to pay now, to the account that
-- they agreed to: for the first time, or again after it failed or came back.
CREATE OR REPLACE FUNCTION settlements_check_payout() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM settlements_settlement s
  JOIN ledger_approvalrequest r ON r.id = s.approval_id
  WHERE s.id = NEW.settlement_id AND s.status IN ('approved', 'pay_failed', 'returned')
    AND s.net_minor = NEW.amount_minor AND s.currency = NEW.currency
    AND s.destination_id = NEW.destination_id
    AND r.id = NEW.approval_id AND r.kind = 'settlement' AND r.object_id = s.id
    AND r.state = 'approved' AND r.digest = s.approved_digest;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % is not of an approved settlement', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_of_approved';
  END IF;
  RETURN NEW;
END $$;

-- It leaves, by file or by transfer, only when its approval was compared once more and executed.
CREATE FUNCTION settlements_check_instructed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.state = 'executed';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payout % leaves without an executed approval', NEW.id
      USING ERRCODE = '23514', TABLE = 'settlements_payout',
            CONSTRAINT = 'settlements_payout_leaves_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settlements_payout_leaves_approved BEFORE UPDATE ON settlements_payout
  FOR EACH ROW WHEN (NEW.entry_id IS NOT NULL AND OLD.entry_id IS NULL)
  EXECUTE FUNCTION settlements_check_instructed();

-- What two people agreed to is the card to which a refund goes, by the keyed index of its number and
-- holder. Number and holder may be forgotten, and never become others.

DROP TRIGGER payments_remedy_keeps ON payments_refundremedy;
CREATE TRIGGER payments_remedy_keeps BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'refund_id', 'kind', 'bank', 'account_tail',
    'card_index', 'bank_account_id', 'bank_reference', 'paid_date', 'note', 'maker', 'approval_id',
    'created_at');

CREATE FUNCTION payments_check_card() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'the card of way % is told with its index once, and only forgotten', NEW.id
    USING ERRCODE = '23514', TABLE = 'payments_refundremedy', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER payments_remedy_names_card BEFORE INSERT ON payments_refundremedy FOR EACH ROW
  WHEN ((NEW.kind = 'payer_card' AND octet_length(NEW.card_index) <> 32)
        OR (NEW.kind <> 'payer_card' AND octet_length(NEW.card_index) <> 0))
  EXECUTE FUNCTION payments_check_card();
CREATE TRIGGER payments_remedy_keeps_card BEFORE UPDATE ON payments_refundremedy FOR EACH ROW
  WHEN (NEW.account_encrypted NOT IN ('', OLD.account_encrypted)
        OR NEW.holder_encrypted NOT IN ('', OLD.holder_encrypted))
  EXECUTE FUNCTION payments_check_card();

-- What was asked for before the index was kept has none, in the row and in its request.
CREATE OR REPLACE FUNCTION payments_check_remedy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  JOIN payments_refund f ON f.id = NEW.refund_id
  WHERE r.id = NEW.approval_id AND r.kind = 'refund_remedy' AND r.object_id = NEW.id
    AND r.state = 'executed' AND r.maker = NEW.maker AND r.payload ->> 'way' = NEW.kind
    AND coalesce(r.payload ->> 'card_index', '') = encode(NEW.card_index, 'hex')
    AND r.amount_minor = f.amount_minor AND r.currency = f.currency
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'way % for a refund has no approval by other people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_refundremedy',
            CONSTRAINT = 'payments_remedy_agreed';
  END IF;
  RETURN NEW;
END $$;

-- A rule sends money to another account: two people put it in force. It never changes; who wants
-- another one writes another one. Switching one off is one person's.
CREATE FUNCTION payments_check_routing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'routing_rule' AND r.object_id = NEW.id
    AND r.state = 'approved';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'routing rule % was not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_routingrule',
            CONSTRAINT = 'payments_routing_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_routing_starts BEFORE INSERT ON payments_routingrule FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('is_enabled', 'false');
CREATE TRIGGER payments_routing_agreed BEFORE UPDATE ON payments_routingrule FOR EACH ROW
  WHEN (NEW.is_enabled AND NOT OLD.is_enabled) EXECUTE FUNCTION payments_check_routing();
CREATE TRIGGER payments_routing_keeps BEFORE UPDATE ON payments_routingrule FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'priority', 'merchant_id', 'method', 'currency',
    'from_minor', 'to_minor', 'starts_at', 'ends_at', 'channel_account_id', 'created_at');
CREATE TRIGGER payments_switch_keeps BEFORE UPDATE ON payments_methodswitch FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'method', 'channel_account_id', 'reason', 'closed_by',
    'closed_at');
SELECT ledger_start_history('payments_routingrule',
  'id', 'priority', 'merchant_id', 'method', 'currency', 'from_minor', 'to_minor', 'starts_at',
  'ends_at', 'channel_account_id', 'is_enabled', 'created_at', 'approval_id');
SELECT ledger_start_history('payments_methodswitch',
  'id', 'method', 'channel_account_id', 'reason', 'closed_by', 'closed_at', 'opened_by',
  'opened_at');

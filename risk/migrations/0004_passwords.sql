-- The laws of passwords: rows stay, attempts are counted for ever, only two people take the digits
-- of a password away, and a token is used once, in time, for what it was made for.

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_paymentpassword', 'risk_paymenttoken'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_stays', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

CREATE TRIGGER risk_password_keeps BEFORE UPDATE ON risk_paymentpassword FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'owner_kind', 'owner_id');
CREATE TRIGGER risk_password_counts_on BEFORE UPDATE ON risk_paymentpassword FOR EACH ROW
  WHEN (NEW.attempts_ever < OLD.attempts_ever OR NEW.version < OLD.version)
  EXECUTE FUNCTION ledger_refuse_change();

-- Who forgot a password gets rid of it by two people: the digits go only with their approval,
-- and an approval is executed in the same transaction, so it serves once.
CREATE FUNCTION risk_check_reset_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.kind = 'password_reset' AND r.object_id = NEW.id AND r.state = 'approved'
    AND (SELECT count(*) FROM ledger_approvaldecision d
         WHERE d.request_id = r.id AND d.decision = 'approve' AND d.digest = r.digest
           AND d.approver <> r.maker) >= r.required;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the reset of password % has no approval by other people', NEW.id
      USING ERRCODE = '23514', TABLE = 'risk_paymentpassword',
            CONSTRAINT = 'risk_password_reset_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER risk_password_reset_approved BEFORE UPDATE ON risk_paymentpassword FOR EACH ROW
  WHEN (OLD.encoded <> '' AND NEW.encoded = '') EXECUTE FUNCTION risk_check_reset_approval();

CREATE TRIGGER risk_token_keeps BEFORE UPDATE ON risk_paymenttoken FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'password_id', 'password_version', 'token_sha256',
    'deed', 'subject', 'binding_sha256', 'client_ip', 'created_at', 'expires_at');
CREATE TRIGGER risk_token_used_once BEFORE UPDATE ON risk_paymenttoken FOR EACH ROW
  WHEN (OLD.used_at IS NOT NULL) EXECUTE FUNCTION ledger_refuse_change();

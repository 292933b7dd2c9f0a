-- Whoever could write other keys or another gateway into an account alone could send our money
-- elsewhere, or make payments up. After its creation an account takes them only from a set of keys
-- that another person agreed to. Three things are free, as nobody wins by them:
--   a gateway without TLS becomes another without TLS: those are simulators, where no money is;
--   a secret is sealed anew under another encryption key: SQL cannot make one that can be read;
--   certificates of WeChat Pay, which its job brings: without the gateway they redirect nothing.
CREATE FUNCTION payments_is_resealed(was text, now_is text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT was LIKE 'v1.%.%' AND now_is LIKE 'v1.%.%'
    AND regexp_replace(was, '\.[^.]*$', '') <> regexp_replace(now_is, '\.[^.]*$', '')
$$;

CREATE FUNCTION payments_check_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_moved   boolean := NEW.gateway_url <> OLD.gateway_url
    AND NOT (OLD.gateway_url LIKE 'http://%' AND NEW.gateway_url LIKE 'http://%');
  is_keyed   boolean := NEW.channel_public_key <> OLD.channel_public_key
    AND NOT (NEW.channel = 'wechatpay' AND OLD.channel_key_id = '' AND NEW.channel_key_id = '');
  is_private boolean := NEW.private_key_encrypted <> OLD.private_key_encrypted
    AND NOT payments_is_resealed(OLD.private_key_encrypted, NEW.private_key_encrypted);
  is_secret  boolean := NEW.api_key_encrypted <> OLD.api_key_encrypted
    AND NOT payments_is_resealed(OLD.api_key_encrypted, NEW.api_key_encrypted);
BEGIN
  IF NOT (is_moved OR is_keyed OR is_private OR is_secret
          OR NEW.key_serial <> OLD.key_serial OR NEW.channel_key_id <> OLD.channel_key_id
          OR NEW.root_cert_serial <> OLD.root_cert_serial) THEN
    RETURN NEW;
  END IF;
  PERFORM FROM payments_channelkeyset k JOIN ledger_approvalrequest r ON r.id = k.approval_id
  WHERE k.channel_account_id = NEW.id AND k.status = 'proposed'
    AND r.kind = 'channel_keys' AND r.object_id = NEW.id AND r.state = 'executed'
    AND r.payload ->> 'keys' = k.id
    AND (NOT is_moved OR (NEW.gateway_url = k.gateway_url
                          AND NEW.gateway_url = r.payload ->> 'gateway_url'))
    AND (NOT is_keyed OR (NEW.channel_public_key = k.channel_public_key
                          AND r.payload -> 'facts' ? 'channel_public_key'))
    AND (NOT is_private OR (k.private_key_encrypted <> ''
                            AND r.payload -> 'facts' ? 'private_key'))
    AND (NOT is_secret OR (k.api_key_encrypted <> '' AND r.payload -> 'facts' ? 'api_key'))
    AND NEW.key_serial IN (OLD.key_serial, r.payload ->> 'key_serial')
    AND NEW.channel_key_id IN (OLD.channel_key_id, r.payload ->> 'channel_key_id')
    AND NEW.root_cert_serial IN (OLD.root_cert_serial, r.payload ->> 'root_cert_serial');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'keys or gateway of account % were not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelaccount',
            CONSTRAINT = 'payments_account_keys_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_account_keys_agreed BEFORE UPDATE ON payments_channelaccount
  FOR EACH ROW EXECUTE FUNCTION payments_check_keys();
CREATE TRIGGER payments_account_keeps BEFORE UPDATE ON payments_channelaccount
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'channel');

-- What was entered stays what was entered until it is in use: else one thing would be shown to the
-- other person and another one taken. It changes places with what is in use, and is destroyed.
CREATE FUNCTION payments_check_key_set() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.status = 'proposed' AND NEW.status = 'former' THEN
    RETURN NEW;
  END IF;
  IF (OLD.channel_public_key, OLD.key_serial, OLD.channel_key_id, OLD.root_cert_serial,
      OLD.gateway_url)
      IS DISTINCT FROM (NEW.channel_public_key, NEW.key_serial, NEW.channel_key_id,
                        NEW.root_cert_serial, NEW.gateway_url)
    OR NOT (NEW.private_key_encrypted IN ('', OLD.private_key_encrypted)
            OR payments_is_resealed(OLD.private_key_encrypted, NEW.private_key_encrypted))
    OR NOT (NEW.api_key_encrypted IN ('', OLD.api_key_encrypted)
            OR payments_is_resealed(OLD.api_key_encrypted, NEW.api_key_encrypted)) THEN
    RAISE EXCEPTION 'what was entered as % stays as it was entered', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelkeyset',
            CONSTRAINT = 'payments_key_set_entered';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_key_set_entered BEFORE UPDATE ON payments_channelkeyset
  FOR EACH ROW EXECUTE FUNCTION payments_check_key_set();

-- A set of keys becomes former only with an executed agreement: former keys are believed too.
CREATE FUNCTION payments_check_former_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = OLD.approval_id AND r.kind = 'channel_keys' AND r.state = 'executed'
    AND r.object_id = OLD.channel_account_id AND r.payload ->> 'keys' = OLD.id
    AND (NEW.channel_public_key = OLD.channel_public_key OR EXISTS (
      SELECT FROM ledger_configurationchange c
      WHERE c.xact = pg_current_xact_id() AND c.table_name = 'payments_channelaccount'
        AND c.row_id = OLD.channel_account_id
        AND c.before ->> 'channel_public_key'
          = encode(sha256(convert_to(NEW.channel_public_key, 'UTF8')), 'hex')));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'keys % were never in use', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelkeyset',
            CONSTRAINT = 'payments_key_set_was_in_use';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_key_set_was_in_use BEFORE UPDATE ON payments_channelkeyset FOR EACH ROW
  WHEN (NEW.status = 'former' AND OLD.status <> 'former')
  EXECUTE FUNCTION payments_check_former_keys();

SELECT ledger_start_history('payments_channelkeyset',
  'id', 'channel_account_id', 'status', '#private_key_encrypted', '#api_key_encrypted',
  '#channel_public_key', 'key_serial', 'channel_key_id', 'root_cert_serial', 'gateway_url',
  'facts', 'approval_id', 'entered_by', 'entered_at', 'retires_at');

-- An account begins switched off, pays nobody out and has no keys: two people give it those and
-- switch it on (0019, 0027). Else whoever writes one row alone would be sent every payment that no
-- rule sends elsewhere, or every payout. A simulator's is born as it shall be, as no money is there:
-- its gateway has no TLS, and who deals with real money speaks to none without.
CREATE FUNCTION payments_refuse_account_start() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'channel account % begins switched off and without keys', NEW.id
    USING ERRCODE = '23514', TABLE = 'payments_channelaccount',
          CONSTRAINT = 'payments_account_starts';
END $$;
CREATE TRIGGER payments_account_starts BEFORE INSERT ON payments_channelaccount FOR EACH ROW
  WHEN (NEW.gateway_url NOT LIKE 'http://%'
        AND (NEW.is_enabled OR NEW.can_transfer
             OR (NEW.private_key_encrypted, NEW.api_key_encrypted, NEW.channel_public_key,
                 NEW.key_serial, NEW.channel_key_id, NEW.root_cert_serial)
                IS DISTINCT FROM ('', '', '', '', '', '')))
  EXECUTE FUNCTION payments_refuse_account_start();

-- And it stays a simulator's: else it would come to a live gateway with what nobody agreed to.
CREATE FUNCTION payments_refuse_other_world() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'channel account % is a simulator''s and stays one', NEW.id
    USING ERRCODE = '23514', TABLE = 'payments_channelaccount',
          CONSTRAINT = 'payments_account_stays_simulated';
END $$;
CREATE TRIGGER payments_account_stays_simulated BEFORE UPDATE ON payments_channelaccount
  FOR EACH ROW
  WHEN (OLD.gateway_url LIKE 'http://%' AND NEW.gateway_url NOT LIKE 'http://%')
  EXECUTE FUNCTION payments_refuse_other_world();

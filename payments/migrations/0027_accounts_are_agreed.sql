-- What an account of a channel is called, what it costs, where it settles to, whether it pays out and
-- whether it is on: two people agree to it. Off takes one: it stops something.
CREATE FUNCTION payments_check_channel_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.kind = 'channel_account_terms' AND r.object_id = NEW.id AND r.state = 'approved'
    AND r.payload ->> 'name' = NEW.name
    AND (r.payload ->> 'is_enabled')::bool = NEW.is_enabled
    AND (r.payload ->> 'channel_fee_bps')::int = NEW.channel_fee_bps
    AND r.payload ->> 'settles_to_id' IS NOT DISTINCT FROM NEW.settles_to_id
    AND (r.payload ->> 'can_transfer')::bool = NEW.can_transfer;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the terms of channel account % were not agreed to by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelaccount',
            CONSTRAINT = 'payments_channel_terms_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_channel_terms_agreed BEFORE UPDATE ON payments_channelaccount FOR EACH ROW
  WHEN ((OLD.name, OLD.channel_fee_bps, OLD.settles_to_id, OLD.can_transfer)
        IS DISTINCT FROM
        (NEW.name, NEW.channel_fee_bps, NEW.settles_to_id, NEW.can_transfer)
        OR (NEW.is_enabled AND NOT OLD.is_enabled))
  EXECUTE FUNCTION payments_check_channel_terms();

-- What identifies it at the channel never changes: another merchant is another account.
CREATE TRIGGER payments_channel_keeps_identity BEFORE UPDATE ON payments_channelaccount
  FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('currency', 'merchant_no', 'app_id', 'agent_code');

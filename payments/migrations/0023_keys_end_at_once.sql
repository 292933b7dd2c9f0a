-- Whether former keys end at once is part of what two people agreed to, and so is how long they are
-- believed: a day at most, never longer than was said, and not a moment where somebody else may
-- hold them. Then whatever was replaced before ends with them.
CREATE FUNCTION payments_check_key_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.retires_at > OLD.retires_at THEN
    RAISE EXCEPTION 'keys % are believed no longer than was said', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelkeyset',
            CONSTRAINT = 'payments_key_set_ends';
  END IF;
  IF OLD.status = 'former' OR NEW.status <> 'former' THEN
    RETURN NEW;
  END IF;
  IF NEW.retires_at > clock_timestamp() + interval '24 hours'
    OR NEW.ends_at_once <> coalesce(
      (SELECT (r.payload ->> 'ends_at_once')::boolean FROM ledger_approvalrequest r
       WHERE r.id = NEW.approval_id), false)
    OR NEW.ends_at_once AND (
      NEW.retires_at > clock_timestamp()
      OR EXISTS (SELECT FROM payments_channelkeyset k
                 WHERE k.channel_account_id = NEW.channel_account_id AND k.id <> NEW.id
                   AND k.status = 'former' AND k.retires_at > clock_timestamp())) THEN
    RAISE EXCEPTION 'keys % end as two people agreed', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_channelkeyset',
            CONSTRAINT = 'payments_key_set_ends';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_key_set_ends BEFORE UPDATE ON payments_channelkeyset
  FOR EACH ROW EXECUTE FUNCTION payments_check_key_end();
CREATE TRIGGER payments_key_set_keeps_end BEFORE UPDATE ON payments_channelkeyset
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('ends_at_once');

SELECT ledger_end_history('payments_channelkeyset');
SELECT ledger_start_history('payments_channelkeyset',
  'id', 'channel_account_id', 'status', '#private_key_encrypted', '#api_key_encrypted',
  '#channel_public_key', 'key_serial', 'channel_key_id', 'root_cert_serial', 'gateway_url',
  'facts', 'approval_id', 'entered_by', 'entered_at', 'retires_at', 'ends_at_once');

-- A message whose card number was blotted out was judged as it came, in the transaction that kept
-- it: what is kept cannot be judged again.
CREATE TRIGGER payments_notification_keeps_mask BEFORE UPDATE ON payments_channelnotification
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('is_masked');
CREATE TRIGGER payments_notification_masked BEFORE UPDATE ON payments_channelnotification
  FOR EACH ROW WHEN (OLD.is_masked AND OLD.verdict <> 'received')
  EXECUTE FUNCTION ledger_refuse_change();

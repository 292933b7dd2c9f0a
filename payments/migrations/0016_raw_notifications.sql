-- What is here was genuine and came when it was received; whose order it is about is found anew.
UPDATE payments_channelnotification
  SET verdict = 'genuine', came_at = received_at, judged_at = received_at;
UPDATE payments_channelnotification n
  SET subject = o.subject,
      about = CASE o.kind WHEN 'pay' THEN 'payment' WHEN 'payout' THEN 'transfer' ELSE o.kind END
  FROM payments_channeloperation o
  WHERE o.channel_account_id = n.channel_account_id AND o.channel_no = n.channel_no
    AND o.kind IN ('pay', 'refund', 'payout');

-- The message never changes; its verdict moves once, and again only from a refusal to a belief.
CREATE TRIGGER payments_notification_start BEFORE INSERT ON payments_channelnotification
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_start('verdict', 'received');
CREATE TRIGGER payments_notification_keeps BEFORE UPDATE ON payments_channelnotification
  FOR EACH ROW EXECUTE FUNCTION ledger_keep_columns('id', 'channel_account_id', 'headers', 'body',
    'client_ip', 'received_at', 'came_at');
CREATE TRIGGER payments_notification_moves BEFORE UPDATE ON payments_channelnotification
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_moves('verdict',
    'forged>genuine,forged>repeated,malformed>genuine,malformed>repeated,'
    'received>forged,received>genuine,received>malformed,received>probe,received>repeated');
CREATE TRIGGER payments_notification_decided BEFORE UPDATE ON payments_channelnotification
  FOR EACH ROW WHEN (OLD.verdict IN ('genuine', 'repeated', 'probe'))
  EXECUTE FUNCTION ledger_refuse_change();

-- What is genuine, or was not judged, stays for ever; the rest a week at least.
CREATE FUNCTION payments_keep_notification() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.verdict IN ('genuine', 'received')
     OR OLD.came_at > clock_timestamp() - interval '7 days' THEN
    RAISE EXCEPTION 'notification % stays', OLD.id
      USING ERRCODE = '23001', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER payments_notification_stays BEFORE DELETE ON payments_channelnotification
  FOR EACH ROW EXECUTE FUNCTION payments_keep_notification();

-- Forget at most so many that are older than so many days, the oldest first; returns how many.
CREATE FUNCTION payments_forget_notifications(older_than_days integer, at_most integer)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  forgotten integer;
BEGIN
  DELETE FROM payments_channelnotification WHERE id IN (
    SELECT id FROM payments_channelnotification
    WHERE verdict IN ('repeated', 'forged', 'malformed', 'probe')
      AND came_at < clock_timestamp() - make_interval(days => greatest(older_than_days, 7))
    ORDER BY id LIMIT at_most);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
REVOKE ALL ON FUNCTION payments_forget_notifications(integer, integer) FROM PUBLIC;

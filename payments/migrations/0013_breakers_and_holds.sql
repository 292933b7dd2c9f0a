-- Nothing leaves while people have said stop. Who sends asks here, in the statement that claims the
-- order: it shares a lock with all who send, which only placing a hold takes alone. So a hold waits
-- for those who are claiming, and after its COMMIT nobody claims. The lock comes before the look:
-- each statement of a volatile function sees what was committed when it began.
CREATE FUNCTION payments_may_send(account text, kind text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(20073, 0);
  PERFORM FROM payments_sendinghold h
  WHERE h.released_at IS NULL AND (h.channel_account_id IS NULL OR h.channel_account_id = account)
    AND (h.covers = 'everything' OR kind = 'payout');
  RETURN NOT FOUND;
END $$;

-- A hold is placed standing, whoever places it, and alone with the lock.
CREATE FUNCTION payments_place_hold() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.released_at IS NOT NULL THEN
    RAISE EXCEPTION 'a hold begins as one that stands'
      USING ERRCODE = '23514', TABLE = 'payments_sendinghold',
            CONSTRAINT = 'payments_hold_starts';
  END IF;
  PERFORM pg_advisory_xact_lock(20073, 0);
  RETURN NEW;
END $$;
CREATE TRIGGER payments_hold_starts BEFORE INSERT ON payments_sendinghold
  FOR EACH ROW EXECUTE FUNCTION payments_place_hold();

-- It is released once, by a request of one person that another one has agreed to.
CREATE FUNCTION payments_check_release() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'sending_hold' AND r.object_id = NEW.id
    AND r.state = 'approved' AND OLD.released_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'hold % was not released by two people', NEW.id
      USING ERRCODE = '23514', TABLE = 'payments_sendinghold',
            CONSTRAINT = 'payments_hold_release_agreed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_hold_release_agreed BEFORE UPDATE ON payments_sendinghold FOR EACH ROW
  WHEN (OLD.released_at IS DISTINCT FROM NEW.released_at)
  EXECUTE FUNCTION payments_check_release();
CREATE TRIGGER payments_hold_keeps BEFORE UPDATE ON payments_sendinghold FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'channel_account_id', 'covers', 'reason', 'placed_by',
    'placed_at');
CREATE TRIGGER payments_hold_stays BEFORE DELETE ON payments_sendinghold
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER payments_hold_not_emptied BEFORE TRUNCATE ON payments_sendinghold
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

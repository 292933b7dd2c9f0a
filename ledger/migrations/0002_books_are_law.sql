-- The laws of the books. Python explains them; here they hold against everyone who writes:
-- ORM, bulk_create, COPY, raw SQL. Functions are SECURITY DEFINER with a fixed search_path, so
-- the application role needs no right to change a balance.

-- Guards for any table -------------------------------------------------------------------------

-- Refuse every UPDATE, DELETE and TRUNCATE of an append-only table.
CREATE FUNCTION ledger_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: its rows are written once', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '23001', TABLE = TG_TABLE_NAME;
END $$;

-- Refuse an UPDATE that changes one of the columns named in the trigger's arguments.
CREATE FUNCTION ledger_keep_columns() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  before jsonb := to_jsonb(OLD);
  after  jsonb := to_jsonb(NEW);
  name   text;
BEGIN
  FOREACH name IN ARRAY TG_ARGV LOOP
    IF before -> name IS DISTINCT FROM after -> name THEN
      RAISE EXCEPTION 'column % of % never changes', name, TG_TABLE_NAME
        USING ERRCODE = '23001', TABLE = TG_TABLE_NAME, COLUMN = name;
    END IF;
  END LOOP;
  RETURN NEW;
END $$;

-- Refuse a move that the noun's states.py does not list. Arguments: column, 'from>to,from>to'.
CREATE FUNCTION ledger_guard_moves() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  was text := to_jsonb(OLD) ->> TG_ARGV[0];
  now_is text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
  IF was IS DISTINCT FROM now_is
     AND position(',' || was || '>' || now_is || ',' IN ',' || TG_ARGV[1] || ',') = 0 THEN
    RAISE EXCEPTION '% may not move from % to %', TG_TABLE_NAME, was, now_is
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_moves';
  END IF;
  RETURN NEW;
END $$;

-- Refuse a row that is born in another state than its first. Arguments: column, first state.
CREATE FUNCTION ledger_guard_start() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF to_jsonb(NEW) ->> TG_ARGV[0] IS DISTINCT FROM TG_ARGV[1] THEN
    RAISE EXCEPTION '% begins as %', TG_TABLE_NAME, TG_ARGV[1]
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_TABLE_NAME || '_start';
  END IF;
  RETURN NEW;
END $$;

-- Foreign keys of postings: at once, not at COMMIT, so that the parent is locked when it is named.
ALTER TABLE ledger_posting
  ADD CONSTRAINT ledger_posting_entry_fk FOREIGN KEY (entry_id)
    REFERENCES ledger_journalentry (id) NOT DEFERRABLE,
  ADD CONSTRAINT ledger_posting_account_fk FOREIGN KEY (account_id, currency)
    REFERENCES ledger_account (id, currency) NOT DEFERRABLE;
ALTER TABLE ledger_accountbalance
  ADD CONSTRAINT ledger_balance_nature_fk FOREIGN KEY (account_id, normal_side, is_floored)
    REFERENCES ledger_account (id, normal_side, is_floored) NOT DEFERRABLE;
ALTER TABLE ledger_accountbalance SET (fillfactor = 50);

-- Which transaction wrote an entry; postings and lines are accepted from that one only.
ALTER TABLE ledger_journalentry ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION ledger_stamp_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.xact := pg_current_xact_id();
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entry_stamp BEFORE INSERT ON ledger_journalentry
  FOR EACH ROW EXECUTE FUNCTION ledger_stamp_entry();

-- Every account has its balance row from its first moment.
CREATE FUNCTION ledger_open_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO ledger_accountbalance
    (account_id, normal_side, is_floored, debits_minor, credits_minor, seq)
  VALUES (NEW.id, NEW.normal_side, NEW.is_floored, 0, 0, 0);
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_account_opens_balance AFTER INSERT ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION ledger_open_balance();

-- 1. An entry has postings and they balance per currency. Once per entry, at COMMIT.
CREATE FUNCTION ledger_check_balanced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ledger_posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'entry % has no postings', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  IF EXISTS (SELECT FROM ledger_posting WHERE entry_id = NEW.id GROUP BY currency
             HAVING sum(CASE side WHEN 'D' THEN amount_minor ELSE -amount_minor END) <> 0) THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.source
      USING ERRCODE = '23514', TABLE = 'ledger_journalentry', CONSTRAINT = 'ledger_entry_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON ledger_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced();

-- 2 and 4. A posting belongs to an entry of this very transaction, and moves its balance itself.
CREATE FUNCTION ledger_move_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_journalentry WHERE id = NEW.entry_id AND xact = pg_current_xact_id();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'entry % takes postings only in the transaction that wrote it', NEW.entry_id
      USING ERRCODE = '23001', TABLE = 'ledger_posting', CONSTRAINT = 'ledger_entry_closed';
  END IF;
  UPDATE ledger_accountbalance SET
    debits_minor  = debits_minor  + CASE NEW.side WHEN 'D' THEN NEW.amount_minor ELSE 0 END,
    credits_minor = credits_minor + CASE NEW.side WHEN 'C' THEN NEW.amount_minor ELSE 0 END,
    seq = seq + 1
  WHERE account_id = NEW.account_id
  RETURNING balance_minor, seq INTO NEW.balance_after_minor, NEW.seq;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_posting_moves_balance BEFORE INSERT ON ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger_move_balance();

-- Balances move in no other way, not even for the owner.
CREATE FUNCTION ledger_guard_balance() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'a balance moves by its postings only'
      USING ERRCODE = '23001', TABLE = 'ledger_accountbalance';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_balance_guard BEFORE INSERT OR UPDATE ON ledger_accountbalance
  FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance();
CREATE TRIGGER ledger_balance_stays BEFORE DELETE ON ledger_accountbalance
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_balance_not_emptied BEFORE TRUNCATE ON ledger_accountbalance
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- 3. Written once.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_account', 'ledger_journalentry', 'ledger_posting',
                              'ledger_auditentry', 'ledger_approvaldecision'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_once', name);
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT
                    EXECUTE FUNCTION ledger_refuse_change()', name || '_not_emptied', name);
  END LOOP;
END $$;

-- One round trip for any number of entries. The arrays of the legs name their entry by its place
-- (1, 2, 3 …). Accounts are opened when first named. Postings arrive in account order, so that
-- two callers lock balances in the same order.
CREATE FUNCTION ledger_post_entries(
  sources text[], kinds text[], subjects text[], descriptions text[], effective_dates date[],
  booked timestamptz[], reverses bigint[],
  leg_entries int[], leg_codes text[], leg_owners text[], leg_currencies text[],
  leg_sides text[], leg_amounts bigint[], leg_normal_sides text[], leg_floors boolean[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ids bigint[];
BEGIN
  INSERT INTO ledger_account (code, owner_id, currency, normal_side, is_floored)
  SELECT DISTINCT l.code, l.owner_id, l.currency, l.normal_side, l.is_floored
  FROM unnest(leg_codes, leg_owners, leg_currencies, leg_normal_sides, leg_floors)
       AS l (code, owner_id, currency, normal_side, is_floored)
  WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.code = l.code
                    AND a.owner_id = l.owner_id AND a.currency = l.currency)
  ORDER BY 1, 2, 3
  ON CONFLICT (code, owner_id, currency) DO NOTHING;

  ids := ARRAY(SELECT nextval(pg_get_serial_sequence('ledger_journalentry', 'id'))
               FROM generate_series(1, cardinality(sources)));

  INSERT INTO ledger_journalentry
    (id, source, kind, subject, description, effective_date, booked_at, reverses_id)
  OVERRIDING SYSTEM VALUE
  SELECT * FROM unnest(ids, sources, kinds, subjects, descriptions, effective_dates, booked,
                       reverses);

  INSERT INTO ledger_posting
    (entry_id, account_id, currency, side, amount_minor, balance_after_minor, seq)
  SELECT ids[l.entry], a.id, l.currency, l.side, l.amount, 0, 0
  FROM unnest(leg_entries, leg_codes, leg_owners, leg_currencies, leg_sides, leg_amounts)
       WITH ORDINALITY AS l (entry, code, owner_id, currency, side, amount, place)
  JOIN ledger_account a
    ON a.code = l.code AND a.owner_id = l.owner_id AND a.currency = l.currency
  ORDER BY a.id, l.place;

  RETURN ids;
END $$;

-- 7. Four eyes. A decision names the maker of its request, and the CHECK keeps the two apart.
ALTER TABLE ledger_approvaldecision
  ADD CONSTRAINT ledger_decision_maker_fk FOREIGN KEY (request_id, maker)
    REFERENCES ledger_approvalrequest (id, maker) NOT DEFERRABLE;
CREATE TRIGGER ledger_request_keeps BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'object_type', 'object_id', 'payload',
    'digest', 'maker', 'required', 'created_at', 'expires_at');
CREATE TRIGGER ledger_request_stays BEFORE DELETE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_request_not_emptied BEFORE TRUNCATE ON ledger_approvalrequest
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE FUNCTION ledger_check_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest
    WHERE id = NEW.request_id AND state = 'pending' AND digest = NEW.digest
      AND expires_at > NEW.at
    FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'request % is closed, expired or shows something else', NEW.request_id
      USING ERRCODE = '23514', TABLE = 'ledger_approvaldecision',
            CONSTRAINT = 'ledger_decision_open_request';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_decision_open_request BEFORE INSERT ON ledger_approvaldecision
  FOR EACH ROW EXECUTE FUNCTION ledger_check_decision();

-- A request is approved only when enough people said so, and nobody said no.
CREATE FUNCTION ledger_check_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.state IN ('approved', 'executed') AND (
      (SELECT count(*) FROM ledger_approvaldecision
       WHERE request_id = NEW.id AND decision = 'approve' AND digest = NEW.digest) < NEW.required
      OR EXISTS (SELECT FROM ledger_approvaldecision
                 WHERE request_id = NEW.id AND decision = 'reject')) THEN
    RAISE EXCEPTION 'request % has not been approved by % people', NEW.id, NEW.required
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_enough_approvals';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_request_enough_approvals
  BEFORE INSERT OR UPDATE OF state ON ledger_approvalrequest
  FOR EACH ROW EXECUTE FUNCTION ledger_check_approved();

-- The history of the configuration: every change of a row that decides what happens to money is
-- kept, by whatever way it was made. Rows are written by the trigger and by nobody else.

ALTER TABLE ledger_configurationchange
  ADD COLUMN xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX ledger_configuration_xact ON ledger_configurationchange (xact);

-- What of a row is kept: the named columns. One that is named with a # is a secret; of it only
-- the SHA-256 is kept, which shows that it changed and to what it did not.
CREATE FUNCTION ledger_history_row(line jsonb, columns text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_object_agg(ltrim(name, '#'), CASE
    WHEN name LIKE '#%' AND line -> ltrim(name, '#') <> 'null'
      THEN to_jsonb(encode(sha256(convert_to(line ->> ltrim(name, '#'), 'UTF8')), 'hex'))
    ELSE line -> ltrim(name, '#') END)
  FROM unnest(columns) AS name
$$;

-- Arguments: the columns to keep; the first is the row's key. Time zone and form of bytes are
-- fixed, so that a row reads the same in every session.
CREATE FUNCTION ledger_keep_history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
  was    jsonb;
  now_is jsonb;
BEGIN
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    was := ledger_history_row(to_jsonb(OLD), TG_ARGV);
  END IF;
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    now_is := ledger_history_row(to_jsonb(NEW), TG_ARGV);
  END IF;
  IF TG_OP = 'UPDATE' AND was = now_is THEN
    RETURN NULL;
  END IF;
  INSERT INTO ledger_configurationchange
    (table_name, row_id, operation, before, after, database_role)
  VALUES (TG_TABLE_NAME, coalesce(coalesce(was, now_is) ->> TG_ARGV[0], ''), left(TG_OP, 1),
          was, now_is, session_user);
  RETURN NULL;
END $$;

-- Nobody writes history by hand, not even the owner; and whoever wrote it did so now.
CREATE FUNCTION ledger_stamp_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'history is written by what happens only'
      USING ERRCODE = '23001', TABLE = 'ledger_configurationchange';
  END IF;
  NEW.xact := pg_current_xact_id();
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_configurationchange_stamp BEFORE INSERT ON ledger_configurationchange
  FOR EACH ROW EXECUTE FUNCTION ledger_stamp_history();
CREATE TRIGGER ledger_configurationchange_once BEFORE UPDATE OR DELETE
  ON ledger_configurationchange FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_configurationchange_not_emptied BEFORE TRUNCATE
  ON ledger_configurationchange FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Begin the history of a table, for migrations: its rows as they stand, then every change.
CREATE FUNCTION ledger_start_history(target regclass, VARIADIC columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER ledger_history AFTER INSERT OR UPDATE OR DELETE ON %s
                  FOR EACH ROW EXECUTE FUNCTION ledger_keep_history(%s)', target,
    (SELECT string_agg(quote_literal(name), ', ' ORDER BY place)
     FROM unnest(columns) WITH ORDINALITY AS given (name, place)));
  EXECUTE format('CREATE TRIGGER ledger_history_emptied AFTER TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep_history()', target);
  ALTER TABLE ledger_configurationchange DISABLE TRIGGER ledger_configurationchange_stamp;
  EXECUTE format('INSERT INTO ledger_configurationchange
                    (table_name, row_id, operation, after, database_role, recorded_at)
                  SELECT $1, kept ->> $3, ''S'', kept, session_user, clock_timestamp()
                  FROM (SELECT ledger_history_row(to_jsonb(t), $2) AS kept
                        FROM %s t) found ORDER BY kept ->> $3', target)
    USING (SELECT relname FROM pg_class WHERE oid = target), columns, columns[1];
  ALTER TABLE ledger_configurationchange ENABLE TRIGGER ledger_configurationchange_stamp;
END $$;
REVOKE ALL ON FUNCTION ledger_start_history(regclass, text[]) FROM PUBLIC;

CREATE FUNCTION ledger_end_history(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  EXECUTE format('DROP TRIGGER ledger_history ON %s', target);
  EXECUTE format('DROP TRIGGER ledger_history_emptied ON %s', target);
END $$;
REVOKE ALL ON FUNCTION ledger_end_history(regclass) FROM PUBLIC;

-- Where the configuration is not what its history says: somebody changed it past the triggers.
CREATE FUNCTION ledger_history_differences()
RETURNS TABLE (place text, expected text, found text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE
  kept record;
BEGIN
  FOR kept IN
    SELECT c.relname, c.oid::regclass AS target,
           array_remove(string_to_array(encode(t.tgargs, 'escape'), '\000'), '') AS columns
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname = 'ledger_history' ORDER BY c.relname
  LOOP
    RETURN QUERY EXECUTE format(
      'SELECT $1 || '' '' || coalesce(h.row_id, l.now_is ->> $3),
              coalesce(h.after::text, ''no such row''), coalesce(l.now_is::text, ''no such row'')
       FROM (SELECT DISTINCT ON (row_id) row_id, after FROM ledger_configurationchange
             WHERE table_name = $1 AND operation <> ''T''
               AND id > coalesce((SELECT max(id) FROM ledger_configurationchange
                                  WHERE table_name = $1 AND operation = ''T''), 0)
             ORDER BY row_id, id DESC) h
       FULL JOIN (SELECT ledger_history_row(to_jsonb(t), $2) AS now_is FROM %s t) l
         ON l.now_is ->> $3 = h.row_id
       WHERE h.after IS DISTINCT FROM l.now_is
       ORDER BY 1', kept.target)
      USING kept.relname::text, kept.columns, ltrim(kept.columns[1], '#');
  END LOOP;
END $$;

-- How many people must agree to what.
SELECT ledger_start_history('ledger_approvaltier', 'id', 'kind', 'currency', 'above_minor',
  'required', 'needs_head', 'created_at', 'created_by', 'approval_id');
-- Who may sign in as whom, and what each role may do.
SELECT ledger_start_history('auth_user',
  'id', 'username', 'email', 'is_staff', 'is_superuser', 'is_active', '#password');
SELECT ledger_start_history('auth_group', 'id', 'name');
SELECT ledger_start_history('auth_user_groups', 'id', 'user_id', 'group_id');
SELECT ledger_start_history('auth_group_permissions', 'id', 'group_id', 'permission_id');
SELECT ledger_start_history('auth_user_user_permissions', 'id', 'user_id', 'permission_id');
SELECT ledger_start_history('mfa_authenticator', 'id', 'user_id', 'type', '#data');

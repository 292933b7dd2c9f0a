-- n of m, by tier; a digest of exactly the payload; in time; with a finance head where one must.

-- How many people must agree to a deed of this kind over this amount (minor units; null: no money).
-- The newest version of a tier counts. The tier of the kind is a floor; money in a currency that
-- nobody has set a tier for takes two.
CREATE FUNCTION ledger_tier_of(of_kind text, of_currency text, of_amount bigint)
RETURNS TABLE (required smallint, needs_head boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH newest AS (
    SELECT DISTINCT ON (t.kind, t.currency, t.above_minor) t.*
    FROM ledger_approvaltier t
    WHERE t.kind IN (of_kind, '') AND t.currency IN (of_currency, '')
    ORDER BY t.kind, t.currency, t.above_minor, t.id DESC
  ), least AS (
    SELECT n.required, n.needs_head FROM newest n WHERE n.currency = ''
    ORDER BY n.kind DESC LIMIT 1
  ), own AS (
    SELECT n.required, n.needs_head FROM newest n
    WHERE of_amount IS NOT NULL AND n.currency <> ''
      AND (n.above_minor = 0 OR of_amount > n.above_minor)
    ORDER BY n.kind DESC, n.above_minor DESC LIMIT 1
  )
  SELECT greatest((SELECT l.required FROM least l), (SELECT o.required FROM own o),
                  CASE WHEN of_amount IS NOT NULL AND NOT EXISTS (SELECT FROM own)
                       THEN 2::smallint ELSE 1::smallint END),
         coalesce((SELECT l.needs_head FROM least l), false)
         OR coalesce((SELECT o.needs_head FROM own o), false)
$$;

-- JSON as ledger.actions.approvals.digest_of writes it: keys in order of code points, no blanks.
CREATE FUNCTION ledger_canonical(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  CASE jsonb_typeof(value)
    WHEN 'object' THEN
      RETURN (SELECT '{' || coalesce(string_agg(to_jsonb(e.key)::text || ':'
                || ledger_canonical(e.item), ',' ORDER BY e.key COLLATE "C"), '') || '}'
              FROM jsonb_each(value) AS e (key, item));
    WHEN 'array' THEN
      RETURN (SELECT '[' || coalesce(string_agg(ledger_canonical(e.item), ',' ORDER BY e.place), '')
                || ']'
              FROM jsonb_array_elements(value) WITH ORDINALITY AS e (item, place));
    ELSE
      RETURN value::text;
  END CASE;
END $$;

CREATE FUNCTION ledger_check_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE tier record;
BEGIN
  SELECT * INTO STRICT tier FROM ledger_tier_of(NEW.kind, NEW.currency, NEW.amount_minor);
  IF NEW.required < tier.required OR (tier.needs_head AND NOT NEW.needs_head) THEN
    RAISE EXCEPTION 'request % asks fewer people than its tier: %', NEW.id, tier.required
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_follows_tier';
  END IF;
  IF NEW.digest IS DISTINCT FROM sha256(convert_to(ledger_canonical(NEW.payload), 'UTF8')) THEN
    RAISE EXCEPTION 'the digest of request % is not of its payload', NEW.id
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_digest';
  END IF;
  -- The amount that the tier was looked up for is the one that people are shown.
  IF NEW.payload ? 'amount_minor'
     AND (NEW.payload ->> 'amount_minor', NEW.payload ->> 'currency')
         IS DISTINCT FROM (NEW.amount_minor::text, NEW.currency::text) THEN
    RAISE EXCEPTION 'request % names another amount than its payload', NEW.id
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_amount_shown';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_request_follows_tier BEFORE INSERT ON ledger_approvalrequest
  FOR EACH ROW EXECUTE FUNCTION ledger_check_request();

-- A word counts as a finance head's only from somebody active who was made one, themselves or by
-- a role: nobody says it of themselves.
CREATE FUNCTION ledger_check_head() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM auth_user u
  JOIN auth_permission p ON p.codename = 'decide_as_head'
  JOIN django_content_type c ON c.id = p.content_type_id AND c.app_label = 'ledger'
  WHERE 'user:' || u.id = NEW.approver AND u.is_active
    AND (EXISTS (SELECT FROM auth_user_user_permissions own
                 WHERE own.user_id = u.id AND own.permission_id = p.id)
         OR EXISTS (SELECT FROM auth_user_groups m
                    JOIN auth_group_permissions g ON g.group_id = m.group_id
                    WHERE m.user_id = u.id AND g.permission_id = p.id));
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is no finance head', NEW.approver
      USING ERRCODE = '23514', TABLE = 'ledger_approvaldecision',
            CONSTRAINT = 'ledger_decision_as_head';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_decision_as_head BEFORE INSERT ON ledger_approvaldecision
  FOR EACH ROW WHEN (NEW.as_head) EXECUTE FUNCTION ledger_check_head();

-- A request is approved, and executed, only when enough people said so about exactly this, a
-- finance head among them where one must be, nobody said no, and in time.
CREATE OR REPLACE FUNCTION ledger_check_approved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  people bigint;
  has_head boolean;
BEGIN
  IF NEW.state NOT IN ('approved', 'executed') THEN
    RETURN NEW;
  END IF;
  SELECT count(DISTINCT approver), coalesce(bool_or(as_head), false) INTO people, has_head
  FROM ledger_approvaldecision
  WHERE request_id = NEW.id AND decision = 'approve' AND digest = NEW.digest
    AND approver <> NEW.maker;
  IF people < NEW.required OR EXISTS (SELECT FROM ledger_approvaldecision
                                      WHERE request_id = NEW.id AND decision = 'reject') THEN
    RAISE EXCEPTION 'request % has not been approved by % people', NEW.id, NEW.required
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_enough_approvals';
  END IF;
  IF NEW.needs_head AND NOT has_head THEN
    RAISE EXCEPTION 'request % has not been approved by a finance head', NEW.id
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_with_head';
  END IF;
  IF coalesce(NEW.decided_at, 'infinity') >= NEW.expires_at THEN
    RAISE EXCEPTION 'request % has expired', NEW.id
      USING ERRCODE = '23514', TABLE = 'ledger_approvalrequest',
            CONSTRAINT = 'ledger_request_in_time';
  END IF;
  RETURN NEW;
END $$;

DROP TRIGGER ledger_request_keeps ON ledger_approvalrequest;
CREATE TRIGGER ledger_request_keeps BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_keep_columns('id', 'kind', 'object_type', 'object_id', 'payload',
    'digest', 'maker', 'amount_minor', 'currency', 'required', 'needs_head', 'created_at',
    'expires_at');
DROP TRIGGER ledger_request_moves ON ledger_approvalrequest;
CREATE TRIGGER ledger_request_moves BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('state',
    'approved>executed,approved>expired,approved>voided,'
    'pending>approved,pending>expired,pending>rejected,pending>voided');

-- A tier is what people agreed to, word for word; those of this file came before the law.
CREATE FUNCTION ledger_check_tier() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM ledger_approvalrequest r
  WHERE r.id = NEW.approval_id AND r.kind = 'approval_tier' AND r.state = 'approved'
    AND r.needs_head AND r.maker = NEW.created_by
    AND r.payload @> jsonb_build_object(
          'kind', NEW.kind, 'currency', NEW.currency, 'above_minor', NEW.above_minor,
          'required', NEW.required, 'needs_head', NEW.needs_head)
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this tier has no approval by other people'
      USING ERRCODE = '23514', TABLE = 'ledger_approvaltier',
            CONSTRAINT = 'ledger_tier_approved';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_tier_approved BEFORE INSERT ON ledger_approvaltier
  FOR EACH ROW EXECUTE FUNCTION ledger_check_tier();
CREATE TRIGGER ledger_approvaltier_once BEFORE UPDATE OR DELETE ON ledger_approvaltier
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_approvaltier_not_emptied BEFORE TRUNCATE ON ledger_approvaltier
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

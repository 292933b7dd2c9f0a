-- Who may do what changes by two people only, once two people are security officers: until then
-- nobody could agree, and an installation could not begin. The roles themselves, and what each may
-- do, are made by migrations, which the owner of the tables runs.

-- One row from then on, for good: fewer officers later do not switch the laws off again.
CREATE TABLE ledger_installation (
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  is_installed boolean PRIMARY KEY DEFAULT true CHECK (is_installed)
);
CREATE TRIGGER ledger_installation_once BEFORE UPDATE OR DELETE ON ledger_installation
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_installation_not_emptied BEFORE TRUNCATE ON ledger_installation
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

CREATE FUNCTION ledger_is_installed() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM ledger_installation)
$$;

CREATE FUNCTION ledger_security_officers() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(DISTINCT m.user_id)
  FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id
  WHERE g.name = 'security_admin'
$$;

CREATE FUNCTION ledger_note_installation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT ledger_is_installed() AND ledger_security_officers() >= 2 THEN
    INSERT INTO ledger_installation DEFAULT VALUES ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_installation_noted AFTER INSERT OR UPDATE ON auth_user_groups
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_note_installation();
INSERT INTO ledger_installation (is_installed)
  SELECT true WHERE ledger_security_officers() >= 2;
DO $$
DECLARE grantee text;
BEGIN
  FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
                 WHERE g.table_name = 'ledger_installation' AND g.grantee <> current_user LOOP
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON ledger_installation FROM %I', grantee);
  END LOOP;
END $$;

-- A person gets and loses a role by an approved request about exactly these.
CREATE FUNCTION ledger_check_membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  was record := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
BEGIN
  IF NOT ledger_is_installed() THEN
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  END IF;
  PERFORM FROM ledger_approvalrequest r JOIN auth_group g ON g.id = was.group_id
  WHERE r.kind = 'staff_roles' AND r.object_id = was.user_id::text AND r.state = 'approved'
    AND (r.payload -> 'roles' ? g.name::text) = (TG_OP = 'INSERT') AND TG_OP <> 'UPDATE';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the roles of user % were not agreed to by two people', was.user_id
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ledger_roles_agreed';
  END IF;
  IF TG_OP = 'DELETE' AND ledger_security_officers() <= 2 AND EXISTS (
      SELECT FROM auth_group WHERE id = OLD.group_id AND name = 'security_admin') THEN
    RAISE EXCEPTION 'two people must remain security officers'
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ledger_two_officers';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER ledger_roles_agreed BEFORE INSERT OR UPDATE OR DELETE ON auth_user_groups
  FOR EACH ROW EXECUTE FUNCTION ledger_check_membership();

-- Nobody becomes a superuser later, and who was locked out comes back by two people only.
CREATE FUNCTION ledger_check_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT ledger_is_installed() THEN
    RETURN NEW;
  END IF;
  IF NEW.is_superuser AND (TG_OP = 'INSERT' OR NOT OLD.is_superuser) THEN
    RAISE EXCEPTION 'nobody becomes a superuser once there are security officers'
      USING ERRCODE = '23514', TABLE = 'auth_user', CONSTRAINT = 'ledger_no_new_superuser';
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.is_staff AND NOT OLD.is_staff
                           OR NEW.is_active AND NOT OLD.is_active) THEN
    PERFORM FROM ledger_approvalrequest r
    WHERE r.kind = 'staff_roles' AND r.object_id = NEW.id::text AND r.state = 'approved'
      AND (r.payload ->> 'is_active')::bool = NEW.is_active;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'that user % comes in was not agreed to by two people', NEW.id
        USING ERRCODE = '23514', TABLE = 'auth_user', CONSTRAINT = 'ledger_person_agreed';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_person_agreed BEFORE INSERT OR UPDATE ON auth_user
  FOR EACH ROW EXECUTE FUNCTION ledger_check_person();

-- What a role may do, and what it is called, only the owner of the tables changes.
CREATE FUNCTION ledger_check_rights() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- The function is the owner's: who is not, works as somebody else.
  IF ledger_is_installed() AND session_user <> current_user THEN
    RAISE EXCEPTION 'what a role may do is changed by migrations only'
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = 'ledger_rights_stay';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['auth_group', 'auth_group_permissions', 'auth_user_user_permissions']
  LOOP
    EXECUTE format('CREATE TRIGGER ledger_rights_stay BEFORE INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION ledger_check_rights()', name);
  END LOOP;
END $$;

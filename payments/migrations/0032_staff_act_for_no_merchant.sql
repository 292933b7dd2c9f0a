-- Two people are two only if nobody has two names: who acts for a merchant is never staff, and the
-- other way round. The person's row is locked by both, so that of two at once the second sees the first.

CREATE FUNCTION payments_check_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  is_of_ours boolean;
BEGIN
  SELECT u.is_staff INTO is_of_ours FROM auth_user u WHERE u.id = NEW.user_id FOR SHARE;
  IF is_of_ours THEN
    RAISE EXCEPTION 'user % is staff, and so acts for no merchant', NEW.user_id
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_member_is_not_staff BEFORE INSERT OR UPDATE ON payments_merchantmember
  FOR EACH ROW EXECUTE FUNCTION payments_check_member();

CREATE FUNCTION payments_check_staff() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM payments_merchantmember m WHERE m.user_id = NEW.id;
  IF FOUND THEN
    RAISE EXCEPTION 'user % acts for a merchant, and so is not staff', NEW.id
      USING ERRCODE = '23514', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_staff_is_no_member BEFORE UPDATE ON auth_user FOR EACH ROW
  WHEN (NEW.is_staff AND NOT OLD.is_staff) EXECUTE FUNCTION payments_check_staff();

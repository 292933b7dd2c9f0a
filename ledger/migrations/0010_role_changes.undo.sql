DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['auth_group', 'auth_group_permissions', 'auth_user_user_permissions']
  LOOP
    EXECUTE format('DROP TRIGGER ledger_rights_stay ON %I', name);
  END LOOP;
END $$;
DROP FUNCTION ledger_check_rights();
DROP TRIGGER ledger_person_agreed ON auth_user;
DROP FUNCTION ledger_check_person();
DROP TRIGGER ledger_roles_agreed ON auth_user_groups;
DROP FUNCTION ledger_check_membership();
DROP TRIGGER ledger_installation_noted ON auth_user_groups;
DROP FUNCTION ledger_note_installation();
DROP FUNCTION ledger_security_officers();
DROP FUNCTION ledger_is_installed();
DROP TABLE ledger_installation;

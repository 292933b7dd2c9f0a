DROP TRIGGER risk_token_used_once ON risk_paymenttoken;
DROP TRIGGER risk_token_keeps ON risk_paymenttoken;
DROP TRIGGER risk_password_reset_approved ON risk_paymentpassword;
DROP FUNCTION risk_check_reset_approval();
DROP TRIGGER risk_password_counts_on ON risk_paymentpassword;
DROP TRIGGER risk_password_keeps ON risk_paymentpassword;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['risk_paymentpassword', 'risk_paymenttoken'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
END $$;

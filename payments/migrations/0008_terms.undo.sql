DROP TRIGGER payments_fee_plan_of_one_currency ON payments_feeplan;
DROP FUNCTION payments_check_plan_currency();
DROP TRIGGER payments_account_opens_plain ON payments_merchantaccount;
DROP TRIGGER payments_account_terms_agreed ON payments_merchantaccount;
DROP FUNCTION payments_check_account_terms();
DROP TRIGGER payments_merchant_terms_agreed ON payments_merchant;
DROP FUNCTION payments_check_merchant_terms();
DROP TRIGGER payments_fee_plan_agreed ON payments_feeplan;
DROP FUNCTION payments_check_fee_plan();

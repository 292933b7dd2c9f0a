DROP TRIGGER payments_staff_is_no_member ON auth_user;
DROP FUNCTION payments_check_staff();
DROP TRIGGER payments_member_is_not_staff ON payments_merchantmember;
DROP FUNCTION payments_check_member();

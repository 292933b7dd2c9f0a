DROP TRIGGER payments_hold_not_emptied ON payments_sendinghold;
DROP TRIGGER payments_hold_stays ON payments_sendinghold;
DROP TRIGGER payments_hold_keeps ON payments_sendinghold;
DROP TRIGGER payments_hold_release_agreed ON payments_sendinghold;
DROP FUNCTION payments_check_release();
DROP TRIGGER payments_hold_starts ON payments_sendinghold;
DROP FUNCTION payments_place_hold();
DROP FUNCTION payments_may_send(text, text);

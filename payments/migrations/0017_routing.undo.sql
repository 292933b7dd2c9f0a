SELECT ledger_end_history('payments_methodswitch');
SELECT ledger_end_history('payments_routingrule');
DROP TRIGGER payments_switch_keeps ON payments_methodswitch;
DROP TRIGGER payments_routing_keeps ON payments_routingrule;
DROP TRIGGER payments_routing_agreed ON payments_routingrule;
DROP TRIGGER payments_routing_starts ON payments_routingrule;
DROP FUNCTION payments_check_routing();

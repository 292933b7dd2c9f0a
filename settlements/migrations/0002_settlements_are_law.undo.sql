DROP TRIGGER settlements_payout_start ON settlements_payout;
DROP TRIGGER settlements_settlement_start ON settlements_settlement;
DROP TRIGGER settlements_bill_line_keeps ON settlements_billline;
DROP TRIGGER settlements_destination_keeps ON settlements_destination;
DROP TRIGGER settlements_payout_keeps ON settlements_payout;
DROP TRIGGER settlements_settlement_keeps ON settlements_settlement;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['settlements_settlement', 'settlements_settlementitem',
                              'settlements_payout', 'settlements_destination',
                              'settlements_billline'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_stays', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['settlements_paymentfile', 'settlements_bill',
                              'settlements_settlementbatch'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_once', name);
  END LOOP;
END $$;
DROP TRIGGER settlements_payout_of_approved ON settlements_payout;
DROP FUNCTION settlements_check_payout();
DROP TRIGGER settlements_two_people ON settlements_settlement;
DROP FUNCTION settlements_check_approval();
DROP TRIGGER settlements_given_up ON settlements_settlement;
DROP FUNCTION settlements_check_given_up();
DROP TRIGGER settlements_items_of_given_up ON settlements_settlementitem;
DROP FUNCTION settlements_check_released();
DROP TRIGGER settlements_item_keeps ON settlements_settlementitem;
DROP TRIGGER settlements_items_of_this_draft ON settlements_settlementitem;
DROP FUNCTION settlements_check_items();
DROP TRIGGER settlements_settlement_adds_up ON settlements_settlement;
DROP FUNCTION settlements_check_settlement();

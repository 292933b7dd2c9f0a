DROP TRIGGER payments_moved_by_hand_only ON ledger_posting;
DROP FUNCTION payments_check_hand_moved();
DROP TRIGGER payments_by_hand_agreed ON ledger_journalentry;
DROP FUNCTION payments_check_by_hand();
DROP TRIGGER payments_reserve_use_is_its_entry ON payments_reserveuse;
DROP FUNCTION payments_check_reserve_use();
DROP TRIGGER payments_reserve_is_its_entry ON payments_reservehold;
DROP FUNCTION payments_check_reserve_hold();
DROP TRIGGER payments_reserve_is_used ON payments_reserveuse;
DROP FUNCTION payments_use_reserve();
DROP TRIGGER payments_reserve_guard ON payments_reservehold;
DROP FUNCTION payments_guard_reserve();
DROP TRIGGER payments_reserve_keeps ON payments_reservehold;
DROP TRIGGER payments_reserve_opens ON payments_reservehold;
DROP FUNCTION payments_open_reserve();
DROP TRIGGER payments_manual_reserve_has_its_row ON payments_manualentry;
DROP FUNCTION payments_check_manual_reserve();
DROP TRIGGER payments_unfreeze_of_what_is_frozen ON payments_manualentry;
DROP FUNCTION payments_check_unfreeze();
DROP TRIGGER payments_manual_is_agreed ON payments_manualentry;
DROP FUNCTION payments_check_manual_entry();
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['payments_manualentry', 'payments_reservehold',
                              'payments_reserveuse'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
  END LOOP;
  DROP TRIGGER payments_reserve_use_stays ON payments_reserveuse;
  DROP TRIGGER payments_reserve_stays ON payments_reservehold;
  DROP TRIGGER payments_manual_stays ON payments_manualentry;
END $$;
DROP TRIGGER payments_manual_stays_booked ON payments_manualentry;
DROP FUNCTION payments_keep_booked();
DROP TRIGGER payments_manual_keeps ON payments_manualentry;
DROP TRIGGER payments_manual_moves ON payments_manualentry;
DROP TRIGGER payments_manual_start ON payments_manualentry;

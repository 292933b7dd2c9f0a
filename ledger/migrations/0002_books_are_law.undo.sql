DROP TRIGGER ledger_request_enough_approvals ON ledger_approvalrequest;
DROP FUNCTION ledger_check_approved();
DROP TRIGGER ledger_decision_open_request ON ledger_approvaldecision;
DROP FUNCTION ledger_check_decision();
DROP TRIGGER ledger_request_not_emptied ON ledger_approvalrequest;
DROP TRIGGER ledger_request_stays ON ledger_approvalrequest;
DROP TRIGGER ledger_request_keeps ON ledger_approvalrequest;
ALTER TABLE ledger_approvaldecision DROP CONSTRAINT ledger_decision_maker_fk;
DROP FUNCTION ledger_post_entries(text[], text[], text[], text[], date[], timestamptz[], bigint[],
  int[], text[], text[], text[], text[], bigint[], text[], boolean[]);
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['ledger_account', 'ledger_journalentry', 'ledger_posting',
                              'ledger_auditentry', 'ledger_approvaldecision'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_not_emptied', name);
    EXECUTE format('DROP TRIGGER %I ON %I', name || '_once', name);
  END LOOP;
END $$;
DROP TRIGGER ledger_balance_not_emptied ON ledger_accountbalance;
DROP TRIGGER ledger_balance_stays ON ledger_accountbalance;
DROP TRIGGER ledger_balance_guard ON ledger_accountbalance;
DROP FUNCTION ledger_guard_balance();
DROP TRIGGER ledger_posting_moves_balance ON ledger_posting;
DROP FUNCTION ledger_move_balance();
DROP TRIGGER ledger_entry_balanced ON ledger_journalentry;
DROP FUNCTION ledger_check_balanced();
DROP TRIGGER ledger_account_opens_balance ON ledger_account;
DROP FUNCTION ledger_open_balance();
DROP TRIGGER ledger_entry_stamp ON ledger_journalentry;
DROP FUNCTION ledger_stamp_entry();
ALTER TABLE ledger_journalentry DROP COLUMN xact;
ALTER TABLE ledger_accountbalance DROP CONSTRAINT ledger_balance_nature_fk;
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_account_fk,
  DROP CONSTRAINT ledger_posting_entry_fk;
DROP FUNCTION ledger_guard_start();
DROP FUNCTION ledger_guard_moves();
DROP FUNCTION ledger_keep_columns();
DROP FUNCTION ledger_refuse_change();

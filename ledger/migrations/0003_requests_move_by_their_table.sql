-- Approval requests move as ledger/states.py lists; a test compares the two.

CREATE TRIGGER ledger_request_start BEFORE INSERT ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_start('state', 'pending');
CREATE TRIGGER ledger_request_moves BEFORE UPDATE ON ledger_approvalrequest FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('state',
    'approved>executed,approved>voided,'
    'pending>approved,pending>expired,pending>rejected,pending>voided');

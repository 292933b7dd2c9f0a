-- Settlements and payouts move as settlements/states.py lists; a test compares the two.

CREATE TRIGGER settlements_settlement_moves BEFORE UPDATE ON settlements_settlement FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'approval_expired>draft,approved>approval_expired,approved>cancelled,'
    'approved>on_hold,approved>paying,draft>cancelled,draft>on_hold,draft>review,'
    'draft>submitted,on_hold>approved,on_hold>draft,on_hold>submitted,paid>returned,'
    'pay_failed>cancelled,pay_failed>paying,paying>paid,paying>pay_failed,'
    'returned>cancelled,returned>paying,review>cancelled,review>draft,submitted>approved,'
    'submitted>cancelled,submitted>draft,submitted>on_hold,submitted>rejected');

CREATE TRIGGER settlements_payout_moves BEFORE UPDATE ON settlements_payout FOR EACH ROW
  EXECUTE FUNCTION ledger_guard_moves('status',
    'awaiting_recipient>cancelled,awaiting_recipient>expired,'
    'awaiting_recipient>processing,awaiting_recipient>succeeded,exported>failed,'
    'exported>manual_review,exported>succeeded,manual_review>failed,'
    'manual_review>succeeded,processing>failed,processing>manual_review,'
    'processing>succeeded,queued>sending,sending>awaiting_recipient,sending>exported,'
    'sending>failed,sending>processing,sending>queued,sending>succeeded,sending>unknown,'
    'succeeded>returned,unknown>failed,unknown>manual_review,unknown>succeeded');

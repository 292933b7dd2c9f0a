DROP TRIGGER payments_account_stays_simulated ON payments_channelaccount;
DROP FUNCTION payments_refuse_other_world();
DROP TRIGGER payments_account_starts ON payments_channelaccount;
DROP FUNCTION payments_refuse_account_start();

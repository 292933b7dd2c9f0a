SELECT ledger_end_history('settlements_destination');

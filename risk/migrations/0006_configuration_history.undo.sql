SELECT ledger_end_history('risk_boundnetwork');
SELECT ledger_end_history('risk_blocklistentry');
SELECT ledger_end_history('risk_limit');

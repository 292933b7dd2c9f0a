-- The simulator's whole memory. Instants are milliseconds since 1970 UTC on the virtual clock,
-- dates are Asia/Shanghai days, amounts are minor units.
CREATE TABLE IF NOT EXISTS settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Everything that happened, in order; never changed. Who sent blindly twice is found here.
CREATE TABLE IF NOT EXISTS effects (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT NOT NULL,
    at_ms   INTEGER NOT NULL,
    real_ms INTEGER NOT NULL,
    owner   TEXT,
    method  TEXT,
    number  TEXT,
    digest  TEXT,
    detail  TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS effects_are_append_only_update BEFORE UPDATE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are append-only'); END;
CREATE TRIGGER IF NOT EXISTS effects_are_append_only_delete BEFORE DELETE ON effects
BEGIN SELECT RAISE(ABORT, 'effects are append-only'); END;

CREATE TABLE IF NOT EXISTS faults (
    id     INTEGER PRIMARY KEY,
    kind   TEXT NOT NULL,
    filter TEXT NOT NULL,
    detail TEXT NOT NULL,
    remaining INTEGER NOT NULL CHECK (remaining >= 0)
) STRICT;

CREATE TABLE IF NOT EXISTS apps (
    app_id          TEXT PRIMARY KEY,
    public_key_pem  TEXT NOT NULL,
    alipay_key_pem  TEXT NOT NULL,
    seller_id       TEXT NOT NULL,
    fee_bps         INTEGER NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
    currency        TEXT NOT NULL,
    bank_account_no TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS trades (
    id            INTEGER PRIMARY KEY,
    app_id        TEXT NOT NULL REFERENCES apps,
    out_trade_no  TEXT NOT NULL,
    token         TEXT NOT NULL UNIQUE,
    digest        TEXT NOT NULL,
    total_minor   INTEGER NOT NULL CHECK (total_minor > 0),
    currency      TEXT NOT NULL,
    subject       TEXT NOT NULL,
    notify_url    TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    expires_ms    INTEGER NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('unseen', 'waiting', 'paid', 'closed')),
    trade_no      TEXT,
    buyer_id      TEXT,
    scanned_ms    INTEGER,
    paid_ms       INTEGER,
    paid_date     TEXT,
    fee_minor     INTEGER,
    closed_ms     INTEGER,
    bank_entry_id INTEGER REFERENCES bank_entries,
    UNIQUE (app_id, out_trade_no)
) STRICT;
CREATE INDEX IF NOT EXISTS trades_by_trade_no ON trades (trade_no) WHERE trade_no IS NOT NULL;
CREATE INDEX IF NOT EXISTS trades_not_settled ON trades (app_id, paid_date)
    WHERE status = 'paid' AND bank_entry_id IS NULL;

CREATE TABLE IF NOT EXISTS notifications (
    id          INTEGER PRIMARY KEY,
    trade_id    INTEGER NOT NULL UNIQUE REFERENCES trades,
    notify_id   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'abandoned')),
    attempts    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    last_answer TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notifications_pending ON notifications (due_ms)
    WHERE state = 'pending';

CREATE TABLE IF NOT EXISTS bank_accounts (
    account_no          TEXT PRIMARY KEY,
    holder              TEXT NOT NULL,
    currency            TEXT NOT NULL,
    opening_minor       INTEGER NOT NULL,
    closed_through_date TEXT
) STRICT;

-- Beneficiaries' accounts that no longer exist, at whatever bank.
CREATE TABLE IF NOT EXISTS closed_accounts (account_no TEXT PRIMARY KEY) STRICT;

CREATE TABLE IF NOT EXISTS payment_files (
    id           INTEGER PRIMARY KEY,
    account_no   TEXT NOT NULL REFERENCES bank_accounts,
    message_id   TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    received_ms  INTEGER NOT NULL,
    total_minor  INTEGER NOT NULL,
    transfers    INTEGER NOT NULL,
    UNIQUE (account_no, message_id)
) STRICT;

CREATE TABLE IF NOT EXISTS transfers (
    id               INTEGER PRIMARY KEY,
    file_id          INTEGER NOT NULL REFERENCES payment_files,
    payment_info_id  TEXT NOT NULL,
    instruction_id   TEXT,
    end_to_end_id    TEXT NOT NULL,
    amount_minor     INTEGER NOT NULL CHECK (amount_minor > 0),
    creditor_name    TEXT,
    creditor_account TEXT,
    remittance       TEXT,
    requested_date   TEXT NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('ACSC', 'RJCT')),
    reason           TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS transfers_of_file ON transfers (file_id);

CREATE TABLE IF NOT EXISTS bank_entries (
    id           INTEGER PRIMARY KEY,
    account_no   TEXT NOT NULL REFERENCES bank_accounts,
    booking_date TEXT NOT NULL,
    direction    TEXT NOT NULL CHECK (direction IN ('CRDT', 'DBIT')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    transfer_id  INTEGER UNIQUE REFERENCES transfers,
    remittance   TEXT NOT NULL,
    note         TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS bank_entries_by_day ON bank_entries (account_no, booking_date);

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

-- Applications in certificate mode, and what our own authority issued to them.
CREATE TABLE IF NOT EXISTS app_certificates (
    app_id          TEXT PRIMARY KEY REFERENCES apps,
    app_cert_pem    TEXT NOT NULL,
    alipay_cert_pem TEXT NOT NULL
) STRICT;

-- What an application chose beside its keys; without a row, nothing of it.
CREATE TABLE IF NOT EXISTS app_choices (
    app_id      TEXT PRIMARY KEY REFERENCES apps,
    message_url TEXT NOT NULL,
    returns_fee INTEGER NOT NULL CHECK (returns_fee IN (0, 1))
) STRICT;

-- Keys with which a channel signed before, and signs in turns with the new one for a while.
CREATE TABLE IF NOT EXISTS former_keys (
    channel         TEXT NOT NULL,
    owner           TEXT NOT NULL,
    key_pem         TEXT NOT NULL,
    certificate_pem TEXT NOT NULL,
    until_ms        INTEGER NOT NULL,
    PRIMARY KEY (channel, owner)
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

-- Trades that did not begin with a QR code: where their payer stands, and goes afterwards.
CREATE TABLE IF NOT EXISTS trade_scenes (
    trade_id   INTEGER PRIMARY KEY REFERENCES trades,
    scene      TEXT NOT NULL CHECK (scene IN ('page', 'wap', 'app', 'mini')),
    return_url TEXT NOT NULL,
    quit_url   TEXT NOT NULL,
    buyer_id   TEXT NOT NULL
) STRICT;

-- What Alipay itself paid of a trade, for its payer.
CREATE TABLE IF NOT EXISTS trade_coupons (
    trade_id     INTEGER PRIMARY KEY REFERENCES trades,
    coupon_minor INTEGER NOT NULL CHECK (coupon_minor > 0)
) STRICT;

-- What the merchant itself took off a trade, as its own gift: nobody pays it that.
CREATE TABLE IF NOT EXISTS trade_gifts (
    trade_id   INTEGER PRIMARY KEY REFERENCES trades,
    gift_minor INTEGER NOT NULL CHECK (gift_minor > 0)
) STRICT;

-- Trades past the time in which they can be refunded.
CREATE TABLE IF NOT EXISTS finished_trades (
    trade_id    INTEGER PRIMARY KEY REFERENCES trades,
    finished_ms INTEGER NOT NULL
) STRICT;

-- What will become of a refund or a transfer is known when it is asked for: its end is an instant,
-- and it is written down when somebody looks after that instant.
CREATE TABLE IF NOT EXISTS plans (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    app_id     TEXT,
    number     TEXT,
    wait_ms    INTEGER NOT NULL CHECK (wait_ms >= 0),
    error_code TEXT,
    remaining  INTEGER NOT NULL CHECK (remaining >= 0)
) STRICT;

-- Where a day's bill is to differ from what happened, whatever the channel.
CREATE TABLE IF NOT EXISTS bill_changes (
    id           INTEGER PRIMARY KEY,
    channel      TEXT NOT NULL,
    owner        TEXT NOT NULL,
    day          TEXT NOT NULL,
    kind         TEXT NOT NULL,
    number       TEXT NOT NULL,
    about        TEXT,
    amount_minor INTEGER NOT NULL CHECK (amount_minor >= 0),
    fee_minor    INTEGER NOT NULL CHECK (fee_minor >= 0),
    status       TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS alipay_refunds (
    id             INTEGER PRIMARY KEY,
    trade_id       INTEGER NOT NULL REFERENCES trades,
    out_request_no TEXT NOT NULL,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    fee_minor      INTEGER NOT NULL CHECK (fee_minor >= 0),
    status         TEXT NOT NULL CHECK (status IN ('processing', 'done', 'failed')),
    error_code     TEXT,
    requested_ms   INTEGER NOT NULL,
    ends_ms        INTEGER NOT NULL,
    ends_date      TEXT NOT NULL,
    bank_entry_id  INTEGER REFERENCES bank_entries,
    UNIQUE (trade_id, out_request_no)
) STRICT;
CREATE INDEX IF NOT EXISTS alipay_refunds_ending ON alipay_refunds (ends_ms)
    WHERE status = 'processing';
CREATE INDEX IF NOT EXISTS alipay_refunds_not_settled ON alipay_refunds (ends_date)
    WHERE status = 'done' AND bank_entry_id IS NULL;

-- Money that payers let a merchant freeze; what is taken of it are trades of their own.
CREATE TABLE IF NOT EXISTS alipay_holds (
    id           INTEGER PRIMARY KEY,
    app_id       TEXT NOT NULL REFERENCES apps,
    out_order_no TEXT NOT NULL,
    token        TEXT NOT NULL UNIQUE,
    digest       TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency     TEXT NOT NULL,
    title        TEXT NOT NULL,
    notify_url   TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('unseen', 'waiting', 'held', 'closed')),
    auth_no      TEXT,
    payer_id     TEXT NOT NULL,
    held_ms      INTEGER,
    is_over      INTEGER NOT NULL DEFAULT 0 CHECK (is_over IN (0, 1)),
    UNIQUE (app_id, out_order_no)
) STRICT;
CREATE INDEX IF NOT EXISTS alipay_holds_by_auth_no ON alipay_holds (auth_no)
    WHERE auth_no IS NOT NULL;
CREATE TABLE IF NOT EXISTS alipay_captures (
    trade_id        INTEGER PRIMARY KEY REFERENCES trades,
    hold_id         INTEGER NOT NULL REFERENCES alipay_holds,
    passback_params TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS alipay_unfreezes (
    id             INTEGER PRIMARY KEY,
    hold_id        INTEGER NOT NULL REFERENCES alipay_holds,
    out_request_no TEXT NOT NULL,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    done_ms        INTEGER NOT NULL,
    UNIQUE (hold_id, out_request_no)
) STRICT;

-- Addresses of bills, each good for half a minute.
CREATE TABLE IF NOT EXISTS alipay_bill_links (
    token      TEXT PRIMARY KEY,
    app_id     TEXT NOT NULL REFERENCES apps,
    day        TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;

-- What of a refund was the merchant's own gift, so that nothing is taken of it.
CREATE TABLE IF NOT EXISTS alipay_refund_gifts (
    refund_id  INTEGER PRIMARY KEY REFERENCES alipay_refunds,
    gift_minor INTEGER NOT NULL CHECK (gift_minor > 0)
) STRICT;

-- Refunds that will come back after they were done.
CREATE TABLE IF NOT EXISTS alipay_reversals (
    refund_id  INTEGER PRIMARY KEY REFERENCES alipay_refunds,
    at_ms      INTEGER NOT NULL,
    error_code TEXT NOT NULL
) STRICT;

-- People and companies who can be paid at Alipay.
CREATE TABLE IF NOT EXISTS alipay_payees (
    user_id    TEXT PRIMARY KEY,
    logon_id   TEXT NOT NULL UNIQUE,
    real_name  TEXT NOT NULL,
    is_blocked INTEGER NOT NULL CHECK (is_blocked IN (0, 1))
) STRICT;

-- How they are known to one application only.
CREATE TABLE IF NOT EXISTS alipay_open_ids (
    app_id  TEXT NOT NULL,
    open_id TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES alipay_payees,
    PRIMARY KEY (app_id, open_id)
) STRICT;

-- A seller's own money at Alipay; what its payers pay goes to the bank and never through here.
CREATE TABLE IF NOT EXISTS wallet_entries (
    id            INTEGER PRIMARY KEY,
    seller_id     TEXT NOT NULL,
    currency      TEXT NOT NULL,
    kind          TEXT NOT NULL,
    amount_minor  INTEGER NOT NULL CHECK (amount_minor <> 0),
    number        TEXT NOT NULL,
    at_ms         INTEGER NOT NULL,
    bank_entry_id INTEGER UNIQUE REFERENCES bank_entries,
    UNIQUE (seller_id, kind, number)
) STRICT;

CREATE TABLE IF NOT EXISTS wallet_terms (
    seller_id        TEXT PRIMARY KEY,
    fee_minor        INTEGER NOT NULL CHECK (fee_minor >= 0),
    single_max_minor INTEGER NOT NULL CHECK (single_max_minor > 0),
    day_max_minor    INTEGER NOT NULL CHECK (day_max_minor > 0)
) STRICT;

CREATE TABLE IF NOT EXISTS alipay_transfers (
    id                INTEGER PRIMARY KEY,
    app_id            TEXT NOT NULL REFERENCES apps,
    seller_id         TEXT NOT NULL,
    out_biz_no        TEXT NOT NULL,
    digest            TEXT NOT NULL,
    amount_minor      INTEGER NOT NULL CHECK (amount_minor > 0),
    fee_minor         INTEGER NOT NULL CHECK (fee_minor >= 0),
    currency          TEXT NOT NULL,
    payee_user_id     TEXT NOT NULL,
    order_id          TEXT,
    pay_fund_order_id TEXT,
    status            TEXT NOT NULL CHECK (status IN ('DEALING', 'SUCCESS', 'FAIL', 'REFUND')),
    error_code        TEXT,
    accepted_ms       INTEGER NOT NULL,
    accepted_date     TEXT NOT NULL,
    ends_ms           INTEGER NOT NULL,
    returns_ms        INTEGER,
    UNIQUE (app_id, out_biz_no)
) STRICT;
CREATE INDEX IF NOT EXISTS alipay_transfers_ending ON alipay_transfers (ends_ms)
    WHERE status = 'DEALING';
CREATE INDEX IF NOT EXISTS alipay_transfers_returning ON alipay_transfers (returns_ms)
    WHERE status = 'SUCCESS' AND returns_ms IS NOT NULL;

-- Which scenes an application may name in transfers (with commas between, empty: any or none) and
-- whether its address may ask; without a row, everything goes.
CREATE TABLE IF NOT EXISTS alipay_transfer_terms (
    app_id        TEXT PRIMARY KEY REFERENCES apps,
    scenes        TEXT NOT NULL,
    is_ip_allowed INTEGER NOT NULL CHECK (is_ip_allowed IN (0, 1))
) STRICT;

-- Notifications about refunds, transfers and frozen money; those about payments have a table.
CREATE TABLE IF NOT EXISTS alipay_messages (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('refund', 'transfer', 'hold')),
    subject_id  INTEGER NOT NULL,
    status      TEXT NOT NULL,
    url         TEXT NOT NULL,
    notify_id   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'abandoned')),
    attempts    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    last_answer TEXT NOT NULL,
    UNIQUE (kind, subject_id, status)
) STRICT;

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

-- The merchants of the simulated WeChat Pay, whose money is CNY only.
CREATE TABLE IF NOT EXISTS wechat_merchants (
    mchid           TEXT PRIMARY KEY,
    appid           TEXT NOT NULL,
    serial_no       TEXT NOT NULL,
    public_key_pem  TEXT NOT NULL,
    api_v3_key      TEXT NOT NULL,
    fee_bps         INTEGER NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
    returns_fee     INTEGER NOT NULL CHECK (returns_fee IN (0, 1)),
    key_mode        TEXT NOT NULL CHECK (key_mode IN ('public_key', 'certificate')),
    bank_account_no TEXT,
    currency        TEXT NOT NULL
) STRICT;

-- WeChat Pay's own keys, one merchant's apart from another's; the newest of a mode signs.
CREATE TABLE IF NOT EXISTS wechat_platform_keys (
    id              INTEGER PRIMARY KEY,
    mchid           TEXT NOT NULL REFERENCES wechat_merchants,
    key_mode        TEXT NOT NULL CHECK (key_mode IN ('public_key', 'certificate')),
    serial          TEXT NOT NULL UNIQUE,
    key_pem         TEXT NOT NULL,
    certificate_pem TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS wechat_key_ends (
    serial   TEXT PRIMARY KEY REFERENCES wechat_platform_keys (serial),
    until_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_platform_keys_of ON wechat_platform_keys (mchid, key_mode);

CREATE TABLE IF NOT EXISTS wechat_trades (
    id             INTEGER PRIMARY KEY,
    mchid          TEXT NOT NULL REFERENCES wechat_merchants,
    appid          TEXT NOT NULL,
    out_trade_no   TEXT NOT NULL,
    token          TEXT NOT NULL UNIQUE,
    digest         TEXT NOT NULL,
    total_minor    INTEGER NOT NULL CHECK (total_minor > 0),
    currency       TEXT NOT NULL,
    description    TEXT NOT NULL,
    attach         TEXT NOT NULL,
    notify_url     TEXT NOT NULL,
    created_ms     INTEGER NOT NULL,
    expires_ms     INTEGER NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('notpay', 'paid', 'closed')),
    transaction_id TEXT,
    openid         TEXT,
    paid_ms        INTEGER,
    paid_date      TEXT,
    fee_minor      INTEGER,
    closed_ms      INTEGER,
    bank_entry_id  INTEGER REFERENCES bank_entries,
    UNIQUE (mchid, out_trade_no)
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_trades_by_transaction_id ON wechat_trades (transaction_id)
    WHERE transaction_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS wechat_trades_by_appid ON wechat_trades (appid, out_trade_no);
CREATE INDEX IF NOT EXISTS wechat_trades_not_settled ON wechat_trades (mchid, paid_date)
    WHERE status = 'paid' AND bank_entry_id IS NULL;

-- Where a trade is to be paid, and by whom if the order says so; without a row, by its QR code.
CREATE TABLE IF NOT EXISTS wechat_scenes (
    trade_id     INTEGER PRIMARY KEY REFERENCES wechat_trades,
    trade_type   TEXT NOT NULL CHECK (trade_type IN ('JSAPI', 'MWEB', 'APP')),
    payer_openid TEXT
) STRICT;

-- Coupons that a payer will use. CASH was paid for beforehand, NOCASH is the merchant's own gift.
CREATE TABLE IF NOT EXISTS wechat_coupons (
    id           INTEGER PRIMARY KEY,
    trade_id     INTEGER NOT NULL REFERENCES wechat_trades,
    kind         TEXT NOT NULL CHECK (kind IN ('CASH', 'NOCASH')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0)
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_coupons_of_trade ON wechat_coupons (trade_id);

CREATE VIEW IF NOT EXISTS wechat_orders AS
    SELECT t.*, coalesce(s.trade_type, 'NATIVE') AS trade_type, s.payer_openid,
        (SELECT coalesce(sum(c.amount_minor), 0) FROM wechat_coupons c
            WHERE c.trade_id = t.id) AS coupons_minor,
        (SELECT coalesce(sum(c.amount_minor), 0) FROM wechat_coupons c
            WHERE c.trade_id = t.id AND c.kind = 'NOCASH') AS given_minor
    FROM wechat_trades t LEFT JOIN wechat_scenes s ON s.trade_id = t.id;

-- A refund in `processing` becomes what `ending` says when its time has come.
CREATE TABLE IF NOT EXISTS wechat_refunds (
    id                 INTEGER PRIMARY KEY,
    trade_id           INTEGER NOT NULL REFERENCES wechat_trades,
    mchid              TEXT NOT NULL REFERENCES wechat_merchants,
    out_refund_no      TEXT NOT NULL,
    refund_id          TEXT NOT NULL,
    digest             TEXT NOT NULL,
    refund_minor       INTEGER NOT NULL CHECK (refund_minor > 0),
    notify_url         TEXT NOT NULL,
    created_ms         INTEGER NOT NULL,
    status             TEXT NOT NULL
        CHECK (status IN ('processing', 'success', 'abnormal', 'closed')),
    ending             TEXT NOT NULL CHECK (ending IN ('success', 'abnormal', 'closed')),
    ends_ms            INTEGER NOT NULL,
    success_date       TEXT,
    fee_returned_minor INTEGER NOT NULL DEFAULT 0,
    bank_entry_id      INTEGER REFERENCES bank_entries,
    UNIQUE (mchid, out_refund_no)
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_refunds_of_trade ON wechat_refunds (trade_id);
CREATE INDEX IF NOT EXISTS wechat_refunds_to_end ON wechat_refunds (ends_ms)
    WHERE status = 'processing';
CREATE INDEX IF NOT EXISTS wechat_refunds_to_settle ON wechat_refunds (mchid, success_date)
    WHERE success_date IS NOT NULL AND bank_entry_id IS NULL;

-- What coupons had paid of each refund, and the merchant's own of them: all refunds of a trade
-- together carry exactly what its coupons were. What is to be closed carries nothing for the others.
CREATE VIEW IF NOT EXISTS wechat_given_back AS
    SELECT r.*,
        t.coupons_minor * r.through_minor / t.total_minor
            - t.coupons_minor * (r.through_minor - r.refund_minor) / t.total_minor
            AS coupons_minor,
        t.given_minor * r.through_minor / t.total_minor
            - t.given_minor * (r.through_minor - r.refund_minor) / t.total_minor AS given_minor
    FROM (
        SELECT w.*, (SELECT sum(e.refund_minor) FROM wechat_refunds e WHERE e.trade_id = w.trade_id
            AND (e.id = w.id OR e.id < w.id AND e.ending <> 'closed')) AS through_minor
        FROM wechat_refunds w
    ) r JOIN wechat_orders t ON t.id = r.trade_id;

-- Refunds that succeed and come back: abnormal from then on, and charged for all the same.
CREATE TABLE IF NOT EXISTS wechat_reversals (
    refund_id    INTEGER PRIMARY KEY REFERENCES wechat_refunds,
    succeeded_ms INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    is_done      INTEGER NOT NULL CHECK (is_done IN (0, 1))
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_reversals_to_come ON wechat_reversals (refund_id)
    WHERE is_done = 0;

-- Whom transfers can reach by their real name, which scenes a merchant may use (with commas
-- between, empty: all of them) and whether its address may ask; without a row, everything goes.
CREATE TABLE IF NOT EXISTS wechat_payees (
    openid    TEXT PRIMARY KEY,
    real_name TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS wechat_transfer_terms (
    mchid         TEXT PRIMARY KEY REFERENCES wechat_merchants,
    scenes        TEXT NOT NULL,
    is_ip_allowed INTEGER NOT NULL CHECK (is_ip_allowed IN (0, 1))
) STRICT;

-- A transfer becomes `next_state` when `next_ms` has come, if its payee does nothing before.
CREATE TABLE IF NOT EXISTS wechat_transfers (
    id           INTEGER PRIMARY KEY,
    mchid        TEXT NOT NULL REFERENCES wechat_merchants,
    appid        TEXT NOT NULL,
    out_bill_no  TEXT NOT NULL,
    token        TEXT NOT NULL UNIQUE,
    digest       TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    openid       TEXT NOT NULL,
    user_name    TEXT NOT NULL,
    remark       TEXT NOT NULL,
    notify_url   TEXT NOT NULL,
    created_ms   INTEGER NOT NULL,
    updated_ms   INTEGER NOT NULL,
    state        TEXT NOT NULL,
    fail_reason  TEXT,
    next_state   TEXT,
    next_reason  TEXT,
    next_ms      INTEGER,
    UNIQUE (mchid, out_bill_no)
) STRICT;

-- Files that a merchant may fetch for a while, as they were written.
CREATE TABLE IF NOT EXISTS wechat_bill_files (
    token      TEXT PRIMARY KEY,
    mchid      TEXT NOT NULL REFERENCES wechat_merchants,
    expires_ms INTEGER NOT NULL,
    file       BLOB NOT NULL
) STRICT;

-- What WeChat Pay tells of transfers that ended, and of echoes.
CREATE TABLE IF NOT EXISTS wechat_messages (
    id          INTEGER PRIMARY KEY,
    mchid       TEXT NOT NULL REFERENCES wechat_merchants,
    transfer_id INTEGER UNIQUE REFERENCES wechat_transfers,
    echo        TEXT,
    url         TEXT NOT NULL,
    notice_id   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'abandoned')),
    attempts    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    last_answer TEXT NOT NULL
) STRICT;

-- What WeChat Pay tells merchants: of a paid trade, or of a refund that ended.
CREATE TABLE IF NOT EXISTS wechat_notices (
    id          INTEGER PRIMARY KEY,
    trade_id    INTEGER UNIQUE REFERENCES wechat_trades,
    refund_id   INTEGER UNIQUE REFERENCES wechat_refunds,
    notice_id   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'abandoned')),
    attempts    INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    last_answer TEXT NOT NULL,
    CHECK ((trade_id IS NULL) <> (refund_id IS NULL))
) STRICT;
CREATE INDEX IF NOT EXISTS wechat_notices_pending ON wechat_notices (due_ms)
    WHERE state = 'pending';

-- The merchants of the simulated UnionPay, whose money is CNY only.
CREATE TABLE IF NOT EXISTS unionpay_merchants (
    mer_id          TEXT PRIMARY KEY,
    cert_id         TEXT NOT NULL,
    public_key_pem  TEXT NOT NULL,
    fee_bps         INTEGER NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
    returns_fee     INTEGER NOT NULL CHECK (returns_fee IN (0, 1)),
    bank_account_no TEXT
) STRICT;

-- Whatever a merchant ordered at UnionPay: what a payer pays or has held (01, 02) and what is then
-- taken (03), refunded (04) or undone (31, 32, 33). Of a card there are four digits here.
CREATE TABLE IF NOT EXISTS unionpay_transactions (
    id            INTEGER PRIMARY KEY,
    mer_id        TEXT NOT NULL REFERENCES unionpay_merchants,
    order_id      TEXT NOT NULL,
    txn_time      TEXT NOT NULL,
    txn_type      TEXT NOT NULL,
    digest        TEXT NOT NULL,
    amount_minor  INTEGER NOT NULL CHECK (amount_minor > 0),
    description   TEXT NOT NULL,
    front_url     TEXT NOT NULL,
    back_url      TEXT NOT NULL,
    orig_id       INTEGER REFERENCES unionpay_transactions,
    token         TEXT NOT NULL UNIQUE,
    created_ms    INTEGER NOT NULL,
    ends_ms       INTEGER NOT NULL,
    ending_code   TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('open', 'processing', 'done', 'failed')),
    code          TEXT NOT NULL,
    query_id      TEXT NOT NULL,
    card_tail     TEXT NOT NULL CHECK (length(card_tail) IN (0, 4)),
    waiting_code  TEXT NOT NULL,
    done_ms       INTEGER,
    done_date     TEXT,
    fee_minor     INTEGER NOT NULL DEFAULT 0,
    bank_entry_id INTEGER REFERENCES bank_entries,
    UNIQUE (mer_id, order_id, txn_time)
) STRICT;
CREATE INDEX IF NOT EXISTS unionpay_transactions_by_query_id
    ON unionpay_transactions (mer_id, query_id);
CREATE INDEX IF NOT EXISTS unionpay_transactions_of ON unionpay_transactions (orig_id)
    WHERE orig_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS unionpay_transactions_to_end ON unionpay_transactions (ends_ms)
    WHERE status = 'processing';
CREATE INDEX IF NOT EXISTS unionpay_transactions_to_settle
    ON unionpay_transactions (mer_id, done_date)
    WHERE done_date IS NOT NULL AND bank_entry_id IS NULL;

-- What banks take back for their cardholders, perhaps months later: ordered, then done.
CREATE TABLE IF NOT EXISTS unionpay_chargebacks (
    id             INTEGER PRIMARY KEY,
    transaction_id INTEGER NOT NULL UNIQUE REFERENCES unionpay_transactions,
    mer_id         TEXT NOT NULL REFERENCES unionpay_merchants,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor > 0),
    reason         TEXT NOT NULL,
    at_ms          INTEGER NOT NULL,
    day            TEXT NOT NULL,
    is_done        INTEGER NOT NULL DEFAULT 0 CHECK (is_done IN (0, 1)),
    bank_entry_id  INTEGER REFERENCES bank_entries
) STRICT;

-- Refunds that were done and that the payer's bank sends back: ordered, then done.
CREATE TABLE IF NOT EXISTS unionpay_returns (
    transaction_id INTEGER PRIMARY KEY REFERENCES unionpay_transactions,
    mer_id         TEXT NOT NULL REFERENCES unionpay_merchants,
    code           TEXT NOT NULL,
    at_ms          INTEGER NOT NULL,
    day            TEXT NOT NULL,
    is_done        INTEGER NOT NULL DEFAULT 0 CHECK (is_done IN (0, 1)),
    bank_entry_id  INTEGER REFERENCES bank_entries
) STRICT;
CREATE INDEX IF NOT EXISTS unionpay_returns_to_come ON unionpay_returns (mer_id, at_ms)
    WHERE is_done = 0;

CREATE TABLE IF NOT EXISTS unionpay_notices (
    id             INTEGER PRIMARY KEY,
    transaction_id INTEGER NOT NULL UNIQUE REFERENCES unionpay_transactions,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'abandoned')),
    attempts       INTEGER NOT NULL,
    due_ms         INTEGER NOT NULL,
    last_answer    TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS unionpay_notices_pending ON unionpay_notices (due_ms)
    WHERE state = 'pending';

-- Domain data of the embedded XMPP server: accounts, rosters, offline messages.
-- The server runs this script itself at every start, in one transaction; it changes nothing that is there already.
-- "owner" is always the bare JID whose data the row is. Stanzas are kept in the binary form of StanzaBlob.

CREATE TABLE IF NOT EXISTS schema_version (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
);
INSERT INTO schema_version (id, version) VALUES (1, 1) ON CONFLICT (id) DO NOTHING;

CREATE TABLE IF NOT EXISTS account (
    domain TEXT NOT NULL,
    local  TEXT NOT NULL,
    PRIMARY KEY (domain, local)
) WITHOUT ROWID;

-- Passwords exist only as SCRAM keys (RFC 5802), one row for each hash function.
CREATE TABLE IF NOT EXISTS account_key (
    domain     TEXT    NOT NULL,
    local      TEXT    NOT NULL,
    hash       TEXT    NOT NULL CHECK (hash IN ('SHA-1', 'SHA-256', 'SHA-512')),
    salt       BLOB    NOT NULL,
    iterations INTEGER NOT NULL,
    stored_key BLOB    NOT NULL,
    server_key BLOB    NOT NULL,
    PRIMARY KEY (domain, local, hash),
    FOREIGN KEY (domain, local) REFERENCES account (domain, local) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS roster (
    owner   TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS roster_item (
    owner          TEXT    NOT NULL REFERENCES roster (owner) ON DELETE CASCADE,
    contact        TEXT    NOT NULL,
    name           TEXT    NULL,
    subscription   TEXT    NOT NULL CHECK (subscription IN ('none', 'to', 'from', 'both')),
    is_pending_out INTEGER NOT NULL,
    is_approved    INTEGER NOT NULL,
    group_names    TEXT    NOT NULL, -- a JSON array of strings
    PRIMARY KEY (owner, contact)
) WITHOUT ROWID;

-- Presence of type "subscribe" that its receiver has not answered yet.
CREATE TABLE IF NOT EXISTS subscription_request (
    owner   TEXT NOT NULL,
    contact TEXT NOT NULL,
    stanza  BLOB NOT NULL,
    PRIMARY KEY (owner, contact)
);

-- AUTOINCREMENT: an id is never used again, so "remove all up to this id" cannot meet a later message.
CREATE TABLE IF NOT EXISTS offline_message (
    id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    owner  TEXT    NOT NULL,
    stanza BLOB    NOT NULL
);
CREATE INDEX IF NOT EXISTS offline_message_owner ON offline_message (owner, id);

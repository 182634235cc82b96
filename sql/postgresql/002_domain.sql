-- Domain data of the embedded XMPP server: accounts, rosters, offline messages. The counterpart of sql/sqlite/domain.sql; the program's
-- statements are the same for both.
-- "owner" is always the bare JID whose data the row is. Stanzas are kept in the binary form of StanzaBlob.

CREATE TABLE orleans_bosh.account (
    domain text NOT NULL,
    local  text NOT NULL,
    PRIMARY KEY (domain, local)
);

-- Passwords exist only as SCRAM keys (RFC 5802), one row for each hash function.
CREATE TABLE orleans_bosh.account_key (
    domain     text    NOT NULL,
    local      text    NOT NULL,
    hash       text    NOT NULL CHECK (hash IN ('SHA-1', 'SHA-256', 'SHA-512')),
    salt       bytea   NOT NULL,
    iterations integer NOT NULL,
    stored_key bytea   NOT NULL,
    server_key bytea   NOT NULL,
    PRIMARY KEY (domain, local, hash),
    FOREIGN KEY (domain, local) REFERENCES orleans_bosh.account (domain, local) ON DELETE CASCADE
);

CREATE TABLE orleans_bosh.roster (
    owner   text   NOT NULL PRIMARY KEY,
    version bigint NOT NULL
);

CREATE TABLE orleans_bosh.roster_item (
    owner          text    NOT NULL REFERENCES orleans_bosh.roster (owner) ON DELETE CASCADE,
    contact        text    NOT NULL,
    name           text    NULL,
    subscription   text    NOT NULL CHECK (subscription IN ('none', 'to', 'from', 'both')),
    is_pending_out boolean NOT NULL,
    is_approved    boolean NOT NULL,
    group_names    text    NOT NULL, -- a JSON array of strings
    PRIMARY KEY (owner, contact)
);

-- Presence of type "subscribe" that its receiver has not answered yet.
CREATE TABLE orleans_bosh.subscription_request (
    owner   text  NOT NULL,
    contact text  NOT NULL,
    stanza  bytea NOT NULL,
    PRIMARY KEY (owner, contact)
);

-- An id is never used again, so "remove all up to this id" cannot meet a later message. Within one owner the ids follow the order of the
-- commits, because writers of the same owner's data wait for each other.
CREATE TABLE orleans_bosh.offline_message (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner  text   NOT NULL,
    stanza bytea  NOT NULL
);
CREATE INDEX offline_message_owner ON orleans_bosh.offline_message (owner, id);

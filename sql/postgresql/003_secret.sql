-- Secrets that all nodes share. The first node makes them; `database rotate-secrets` adds a key for session ids. Nodes first learn to
-- check a new key and only later sign with it, so that no node meets a session id it cannot check; see ClusterSecrets.

CREATE TABLE orleans_bosh.cluster_secret (
    purpose    text        NOT NULL CHECK (purpose IN ('session-id', 'scram-decoy')),
    number     smallint    NOT NULL CHECK (number BETWEEN 0 AND 255), -- travels in each session id
    secret     bytea       NOT NULL CHECK (length(secret) >= 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (purpose, number)
);

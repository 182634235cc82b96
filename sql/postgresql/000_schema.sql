-- The home of everything below. Each script runs once, in the order of its number; schema_version says which have.
-- The server runs them itself at start, in one transaction and under a lock; `database migrate` does it by hand.

-- Not CREATE SCHEMA IF NOT EXISTS: that needs the right to create schemas even where an administrator has made this one.
DO $$
BEGIN
    IF to_regnamespace('orleans_bosh') IS NULL THEN
        CREATE SCHEMA orleans_bosh;
    END IF;
END
$$;

CREATE TABLE orleans_bosh.schema_version (
    version    integer     NOT NULL PRIMARY KEY,
    script     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

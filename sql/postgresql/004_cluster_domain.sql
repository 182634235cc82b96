-- The domain that all nodes of a cluster serve. Its first node writes it, later ones with another do not start; `database set-domain`
-- changes it. See ClusterDomain.

CREATE TABLE orleans_bosh.cluster_domain (
    cluster_id text NOT NULL PRIMARY KEY,
    domain     text NOT NULL
);

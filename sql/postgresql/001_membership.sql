-- Who is in the cluster: what Microsoft.Orleans.Clustering.AdoNet needs. The provider reads OrleansQuery once at start and issues nothing
-- else than these texts; the names of keys, parameters and result columns are its own, the rest is ours.
--
-- The version of the table is the only lock: each change names the version it has read, and whoever comes second changes nothing and
-- gets 0. Each query is one statement, so that a failed one leaves nothing behind. Under READ COMMITTED the second of two racers
-- waits for the row of membership_version, looks at it again and finds another version.

CREATE TABLE orleans_bosh.membership_version (
    DeploymentId varchar(150)   NOT NULL PRIMARY KEY,
    Timestamp    timestamptz(3) NOT NULL DEFAULT now(),
    Version      integer        NOT NULL DEFAULT 0
);

-- Status: 1 created, 2 joining, 3 active, 4 shutting down, 5 stopping, 6 dead. ProxyPort 0: no gateway for clients.
CREATE TABLE orleans_bosh.membership (
    DeploymentId varchar(150)   NOT NULL REFERENCES orleans_bosh.membership_version (DeploymentId),
    Address      varchar(45)    NOT NULL,
    Port         integer        NOT NULL,
    Generation   integer        NOT NULL,
    SiloName     varchar(150)   NOT NULL,
    HostName     varchar(150)   NOT NULL,
    Status       integer        NOT NULL,
    ProxyPort    integer        NOT NULL,
    SuspectTimes text           NULL,
    StartTime    timestamptz(3) NOT NULL,
    IAmAliveTime timestamptz(3) NOT NULL,
    PRIMARY KEY (DeploymentId, Address, Port, Generation)
);

CREATE TABLE orleans_bosh.OrleansQuery (
    QueryKey  varchar(64)   NOT NULL PRIMARY KEY,
    QueryText varchar(8000) NOT NULL
);

INSERT INTO orleans_bosh.OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $query$
    WITH added AS (
        INSERT INTO orleans_bosh.membership_version (DeploymentId) VALUES (@DeploymentId)
        ON CONFLICT (DeploymentId) DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$query$),

-- The silo must not be there: without that look before the version grows, the whole statement would fail on the primary key.
('InsertMembershipKey', $query$
    WITH changed AS (
        UPDATE orleans_bosh.membership_version
        SET Version = Version + 1, Timestamp = now()
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS (
            SELECT 1 FROM orleans_bosh.membership
            WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING DeploymentId
    ), added AS (
        INSERT INTO orleans_bosh.membership
            (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
        SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM changed
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$query$),

('UpdateMembershipKey', $query$
    WITH changed AS (
        UPDATE orleans_bosh.membership_version
        SET Version = Version + 1, Timestamp = now()
        WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS (
            SELECT 1 FROM orleans_bosh.membership
            WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
        RETURNING DeploymentId
    ), updated AS (
        UPDATE orleans_bosh.membership AS silo
        SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
        FROM changed
        WHERE silo.DeploymentId = changed.DeploymentId
            AND silo.Address = @Address AND silo.Port = @Port AND silo.Generation = @Generation
        RETURNING 1
    )
    SELECT count(*)::integer FROM updated
$query$),

-- A sign of life is no change of the membership: the version stays.
('UpdateIAmAlivetimeKey', $query$
    UPDATE orleans_bosh.membership SET IAmAliveTime = @IAmAliveTime
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
$query$),

-- The provider wants a row with the version even where there is no silo.
('MembershipReadRowKey', $query$
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime,
        m.IAmAliveTime, v.Version
    FROM orleans_bosh.membership_version AS v
    LEFT JOIN orleans_bosh.membership AS m
        ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
    WHERE v.DeploymentId = @DeploymentId
$query$),

('MembershipReadAllKey', $query$
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime,
        m.IAmAliveTime, v.Version
    FROM orleans_bosh.membership_version AS v
    LEFT JOIN orleans_bosh.membership AS m ON m.DeploymentId = v.DeploymentId
    WHERE v.DeploymentId = @DeploymentId
$query$),

-- For programs outside the cluster. We open no gateway, so it finds none.
('GatewaysQueryKey', $query$
    SELECT Address, ProxyPort, Generation FROM orleans_bosh.membership
    WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
$query$),

-- Never an active silo (3), however long it has been silent: only a vote of the others makes it dead.
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM orleans_bosh.membership
    WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status <> 3
$query$),

-- Two statements: within one, the order of the two deletions would be left to chance, and the reference refuses the wrong one.
('DeleteMembershipTableEntriesKey', $query$
    DELETE FROM orleans_bosh.membership WHERE DeploymentId = @DeploymentId;
    DELETE FROM orleans_bosh.membership_version WHERE DeploymentId = @DeploymentId
$query$);

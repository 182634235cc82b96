namespace OrleansBosh.Cluster.Database;

/// <summary>What a look at the database shows.</summary>
/// <param name="Server">Version of PostgreSQL.</param>
/// <param name="Schema">The last script that has run, or <see cref="SchemaScripts.NoVersion"/>.</param>
/// <param name="ClockDifference">Positive when this machine is ahead.</param>
internal sealed record DatabaseStatus(Version Server, int Schema, TimeSpan ClockDifference);

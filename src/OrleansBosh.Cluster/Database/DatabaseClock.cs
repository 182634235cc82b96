using Npgsql;

namespace OrleansBosh.Cluster.Database;

/// <summary>
/// How far this machine's clock is from the database's. The membership compares times that different nodes have written, and stored
/// messages carry the time of the node that took them.
/// </summary>
internal static class DatabaseClock
{
    public static readonly TimeSpan MaxDifference = TimeSpan.FromSeconds(5);

    /// <summary>The part of the difference that the round trip cannot explain; positive when this machine is ahead.</summary>
    public static async Task<TimeSpan> MeasureAsync(NpgsqlConnection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var ask = new NpgsqlCommand("SELECT clock_timestamp()", connection);
        var before = time.GetUtcNow();
        var theirs = (DateTime)(await ask.ExecuteScalarAsync(cancellationToken))!;
        return Difference(before, theirs, time.GetUtcNow());
    }

    /// <summary>The database looked at its clock at some moment between the other two: only what lies outside of them is a difference.</summary>
    internal static TimeSpan Difference(DateTimeOffset before, DateTime theirs, DateTimeOffset after)
    {
        if (theirs < before.UtcDateTime) return before.UtcDateTime - theirs;
        return theirs > after.UtcDateTime ? after.UtcDateTime - theirs : TimeSpan.Zero;
    }
}

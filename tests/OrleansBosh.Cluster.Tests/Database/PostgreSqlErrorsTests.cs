using System.Net.Sockets;
using Npgsql;
using OrleansBosh.Cluster.Storage;

namespace OrleansBosh.Cluster.Tests.Database;

public sealed class PostgreSqlErrorsTests
{
    public static TheoryData<Exception, string> Failures => new()
    {
        { new SocketException((int)SocketError.HostNotFound), "it cannot be reached (" },
        { new IOException("broken"), "the connection has broken" },
        { new TimeoutException(), "it does not answer in time" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_of_the_network_is_one_of_the_database_wrapped_or_not(Exception failure, string explanation)
    {
        var wrapped = new NpgsqlException("wrapped", failure);

        Assert.True(PostgreSqlErrors.IsFailure(failure));
        Assert.True(PostgreSqlErrors.IsFailure(wrapped));
        Assert.StartsWith(explanation, PostgreSqlErrors.Explain(failure), StringComparison.Ordinal);
        Assert.Equal(PostgreSqlErrors.Explain(wrapped), PostgreSqlErrors.Explain(failure));
    }

    [Fact]
    public void A_bug_is_none()
    {
        Assert.False(PostgreSqlErrors.IsFailure(new InvalidOperationException()));
        Assert.False(PostgreSqlErrors.IsFailure(new OperationCanceledException()));
    }
}

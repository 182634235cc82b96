using System.Data.Common;

namespace OrleansBosh.Cluster.Storage;

/// <summary>SQL within one transaction: commands with parameters, and rows.</summary>
internal sealed class SqlSession(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken = default)
{
    /// <summary>Runs a statement that returns no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public Task<int> ExecuteAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        return ExecuteAsync(Command(sql, parameters));

        async Task<int> ExecuteAsync(DbCommand command)
        {
            await using (command) return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Runs a query and reads all its rows.</summary>
    public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        return QueryAsync(Command(sql, parameters));

        async Task<List<T>> QueryAsync(DbCommand command)
        {
            await using (command)
            {
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                var rows = new List<T>();
                while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
                return rows;
            }
        }
    }

    private DbCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }
}

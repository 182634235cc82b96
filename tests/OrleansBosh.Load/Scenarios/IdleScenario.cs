namespace OrleansBosh.Load.Scenarios;

/// <summary>Sessions that wait, each with a held request. That all of them still live shows when they are closed.</summary>
internal sealed class IdleScenario(LoadRun run) : IScenario
{
    private readonly SessionPool _pool = new(run);

    public int? Actors => null;

    public Task PrepareAsync(CancellationToken cancellation) =>
        _pool.OpenAsync([.. Enumerable.Range(0, run.Options.Sessions).Select(run.UserName)], (_, stanza) => run.ExpectNothing(stanza), cancellation);

    public Task OperateAsync(int actor, CancellationToken cancellation) => throw new NotSupportedException("Idle sessions do nothing.");

    public Task FinishAsync(CancellationToken cancellation) => _pool.CloseAsync(cancellation);

    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}

namespace OrleansBosh.Load.Scenarios;

/// <summary>What sessions do: <see cref="ScenarioRun"/> says when, how often, and measures.</summary>
internal interface IScenario : IAsyncDisposable
{
    /// <summary>How many can do an operation at the same time, once prepared. Null: there is nothing to do but to wait.</summary>
    int? Actors { get; }

    /// <summary>Makes everything that is not to be measured: accounts, sessions.</summary>
    Task PrepareAsync(CancellationToken cancellation);

    /// <summary>One operation, from the first byte to the proof that it is done. Never called twice at the same time for one actor.</summary>
    /// <exception cref="Exception">It failed; the actor gets no further operation.</exception>
    Task OperateAsync(int actor, CancellationToken cancellation);

    /// <summary>Waits for what is still under way, ends the sessions, and adds what is wrong to <see cref="LoadRun.Checks"/>.</summary>
    Task FinishAsync(CancellationToken cancellation);
}

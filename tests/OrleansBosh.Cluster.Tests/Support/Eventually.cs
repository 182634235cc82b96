namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>Waits for something that another thread brings about and that nothing announces: the only place where a test waits by the clock.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException($"After {Limit} it was still not so: {what}");
            await timer.WaitForNextTickAsync();
        }
    }
}

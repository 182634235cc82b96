using System.Collections.Concurrent;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>How many calls each grain method has carried out, on all silos of a cluster.</summary>
internal sealed class CallCounts : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    public int this[string method] => _counts.GetValueOrDefault(method);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        _counts.AddOrUpdate(context.InterfaceMethod.Name, 1, (_, count) => count + 1);
    }
}

using System.Collections.Concurrent;

namespace OrleansBosh.Cluster.Tests.Support;

/// <summary>How many calls have reached the grains of one node, by the grains' interface. Without a call no grain comes to life.</summary>
public sealed class GrainCalls : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<Type, int> _counts = new();

    public int this[Type grainInterface] => _counts.GetValueOrDefault(grainInterface);

    public Task Invoke(IIncomingGrainCallContext context)
    {
        _counts.AddOrUpdate(context.InterfaceMethod.DeclaringType!, 1, static (_, count) => count + 1);
        return context.Invoke();
    }
}

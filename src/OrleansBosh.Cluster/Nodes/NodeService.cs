using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;

namespace OrleansBosh.Cluster.Nodes;

/// <summary>The ear of this node's <see cref="NodeDirectory"/>.</summary>
internal sealed class NodeService(GrainId id, Silo silo, ILoggerFactory loggers, NodeDirectory directory)
    : GrainService(id, silo, loggers), INodeService
{
    public ValueTask<NodeState> GetState() => new(directory.OwnState);

    public ValueTask Leave(SiloAddress silo)
    {
        directory.Forget(silo);
        return default;
    }
}

/// <summary>The way to the <see cref="INodeService"/> of another silo.</summary>
internal sealed class NodeServiceClient(IServiceProvider services) : GrainServiceClient<INodeService>(services)
{
    public INodeService On(SiloAddress silo) => GetGrainService(silo);
}

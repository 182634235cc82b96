using Orleans.Services;

namespace OrleansBosh.Cluster.Nodes;

/// <summary>What the nodes of a cluster say to each other. One on each silo, addressed by the silo and not through the grain directory.</summary>
[Alias("node")]
internal interface INodeService : IGrainService
{
    /// <summary>What this node is and does.</summary>
    [Alias("get-state")]
    ValueTask<NodeState> GetState();

    /// <summary>A node is about to stop.</summary>
    [Alias("leave")]
    ValueTask Leave(SiloAddress silo);
}

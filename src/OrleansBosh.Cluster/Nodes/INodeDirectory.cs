namespace OrleansBosh.Cluster.Nodes;

/// <summary>The nodes that serve clients now.</summary>
public interface INodeDirectory
{
    /// <summary>This node has joined its cluster, its front end answers, and it does not leave.</summary>
    bool IsServing { get; }

    /// <summary>BOSH URLs of the nodes that serve, as clients reach them, in no particular order; of nodes without a public URL nothing.</summary>
    IReadOnlyList<Uri> Serving { get; }

    /// <summary>This node is about to stop: it is listed nowhere any more when this completes, or not for much longer.</summary>
    Task LeaveAsync();
}

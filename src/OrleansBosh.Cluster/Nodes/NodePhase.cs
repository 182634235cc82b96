namespace OrleansBosh.Cluster.Nodes;

/// <summary>Where a node is in its life. It only moves forward.</summary>
[Alias("node-phase")]
public enum NodePhase
{
    /// <summary>It cannot serve clients yet.</summary>
    Starting,

    /// <summary>Its front end answers clients.</summary>
    Serving,

    /// <summary>It is about to stop: no client should be sent there any more.</summary>
    Leaving,
}

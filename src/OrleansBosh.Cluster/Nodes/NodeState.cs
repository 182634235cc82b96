namespace OrleansBosh.Cluster.Nodes;

/// <summary>What a node tells the others about itself.</summary>
/// <param name="Phase">Whether clients may be sent there.</param>
/// <param name="PublicUrl">Its BOSH URL as clients reach it; null when it has none.</param>
[GenerateSerializer, Alias("node-state"), Immutable]
internal sealed record NodeState([property: Id(0)] NodePhase Phase, [property: Id(1)] Uri? PublicUrl);

using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster;

/// <summary>How a <see cref="Stanza"/> crosses silos: its header and its bytes; nobody parses it again.</summary>
[GenerateSerializer, Alias("stanza"), Immutable]
internal struct StanzaSurrogate
{
    [Id(0)] public string Name;
    [Id(1)] public string Namespace;
    [Id(2)] public string? From;
    [Id(3)] public string? To;
    [Id(4)] public string? StanzaId;
    [Id(5)] public string? Type;
    [Id(6)] public string? Lang;
    [Id(7)] public byte[] Tail;
    [Id(8)] public string[] ChildNames;
    [Id(9)] public string[] ChildNamespaces;
    [Id(10)] public int[] ChildRanges;
}

[RegisterConverter]
internal sealed class StanzaConverter : IConverter<Stanza, StanzaSurrogate>
{
    public Stanza ConvertFromSurrogate(in StanzaSurrogate surrogate)
    {
        var children = new StanzaChild[surrogate.ChildNames.Length];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = new(
                surrogate.ChildNames[i], surrogate.ChildNamespaces[i], surrogate.ChildRanges[2 * i], surrogate.ChildRanges[(2 * i) + 1]);
        }

        return new(
            surrogate.Name,
            surrogate.Namespace,
            new(surrogate.From, surrogate.To, surrogate.StanzaId, surrogate.Type, surrogate.Lang),
            surrogate.Tail,
            children);
    }

    public StanzaSurrogate ConvertToSurrogate(in Stanza value)
    {
        var children = value.Children;
        var surrogate = new StanzaSurrogate
        {
            Name = value.Name,
            Namespace = value.Namespace,
            From = value.From,
            To = value.To,
            StanzaId = value.Id,
            Type = value.Type,
            Lang = value.Lang,
            Tail = value.Tail.ToArray(),
            ChildNames = new string[children.Length],
            ChildNamespaces = new string[children.Length],
            ChildRanges = new int[2 * children.Length],
        };
        for (var i = 0; i < children.Length; i++)
        {
            surrogate.ChildNames[i] = children[i].Name;
            surrogate.ChildNamespaces[i] = children[i].Namespace;
            surrogate.ChildRanges[2 * i] = children[i].Offset;
            surrogate.ChildRanges[(2 * i) + 1] = children[i].Length;
        }

        return surrogate;
    }
}

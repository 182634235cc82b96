using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

// How the engine's types cross silos. The engine knows nothing of Orleans, so its types have surrogates here.

[GenerateSerializer, Alias("bosh-body"), Immutable]
internal struct BoshBodySurrogate
{
    [Id(0)] public long Rid;
    [Id(1)] public string? Lang;
    [Id(2)] public string? Ver;
    [Id(3)] public string? Wait;
    [Id(4)] public string? Hold;
    [Id(5)] public string? Ack;
    [Id(6)] public string? Content;
    [Id(7)] public string? Type;
    [Id(8)] public string? Pause;
    [Id(9)] public string? Key;
    [Id(10)] public string? NewKey;
    [Id(11)] public bool Restart;
    [Id(12)] public Stanza[] Payloads;
}

/// <summary>What the owner reads. The rest stays at the door, above all the sid: its check is done, and its random part is the grain's key.</summary>
[RegisterConverter]
internal sealed class BoshBodyConverter : IConverter<BoshBody, BoshBodySurrogate>
{
    public BoshBody ConvertFromSurrogate(in BoshBodySurrogate surrogate) => new()
    {
        Rid = surrogate.Rid,
        Lang = surrogate.Lang,
        Ver = surrogate.Ver,
        Wait = surrogate.Wait,
        Hold = surrogate.Hold,
        Ack = surrogate.Ack,
        Content = surrogate.Content,
        Type = surrogate.Type,
        Pause = surrogate.Pause,
        Key = surrogate.Key,
        NewKey = surrogate.NewKey,
        Restart = surrogate.Restart,
        Payloads = surrogate.Payloads,
    };

    public BoshBodySurrogate ConvertToSurrogate(in BoshBody value) => new()
    {
        Rid = value.Rid,
        Lang = value.Lang,
        Ver = value.Ver,
        Wait = value.Wait,
        Hold = value.Hold,
        Ack = value.Ack,
        Content = value.Content,
        Type = value.Type,
        Pause = value.Pause,
        Key = value.Key,
        NewKey = value.NewKey,
        Restart = value.Restart,
        Payloads = value.Payloads as Stanza[] ?? [.. value.Payloads],
    };
}

[GenerateSerializer, Alias("bosh-answer"), Immutable]
internal struct BoshAnswerSurrogate
{
    [Id(0)] public int Status;
    [Id(1)] public string ContentType;
    [Id(2)] public byte[] Entity;
}

[RegisterConverter]
internal sealed class BoshAnswerConverter : IConverter<BoshAnswer, BoshAnswerSurrogate>
{
    public BoshAnswer ConvertFromSurrogate(in BoshAnswerSurrogate surrogate) => new(surrogate.Status, surrogate.ContentType, surrogate.Entity);

    public BoshAnswerSurrogate ConvertToSurrogate(in BoshAnswer value) =>
        new() { Status = value.Status, ContentType = value.ContentType, Entity = value.Entity };
}

using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Sessions;

// How the engine's types cross silos. The engine knows nothing of Orleans, so its types have surrogates here.

[GenerateSerializer, Alias("bosh-body"), Immutable]
internal struct BoshBodySurrogate
{
    [Id(0)] public long Rid;
    [Id(1)] public string? To;
    [Id(2)] public string? Lang;
    [Id(3)] public string? Ver;
    [Id(4)] public string? Wait;
    [Id(5)] public string? Hold;
    [Id(6)] public string? Ack;
    [Id(7)] public string? Content;
    [Id(8)] public string? Type;
    [Id(9)] public string? Condition;
    [Id(10)] public string? Pause;
    [Id(11)] public string? Key;
    [Id(12)] public string? NewKey;
    [Id(13)] public string? XmppVersion;
    [Id(14)] public bool Restart;
    [Id(15)] public Stanza[] Payloads;
    [Id(16)] public string? From;
    [Id(17)] public string? Route;
    [Id(18)] public string? StreamName;
}

/// <summary>The sid stays behind: its check is done, and its random part is the grain's key.</summary>
[RegisterConverter]
internal sealed class BoshBodyConverter : IConverter<BoshBody, BoshBodySurrogate>
{
    public BoshBody ConvertFromSurrogate(in BoshBodySurrogate surrogate) => new()
    {
        Rid = surrogate.Rid,
        To = surrogate.To,
        From = surrogate.From,
        Route = surrogate.Route,
        Lang = surrogate.Lang,
        Ver = surrogate.Ver,
        Wait = surrogate.Wait,
        Hold = surrogate.Hold,
        Ack = surrogate.Ack,
        Content = surrogate.Content,
        Type = surrogate.Type,
        Condition = surrogate.Condition,
        Pause = surrogate.Pause,
        Key = surrogate.Key,
        NewKey = surrogate.NewKey,
        Stream = surrogate.StreamName,
        XmppVersion = surrogate.XmppVersion,
        Restart = surrogate.Restart,
        Payloads = surrogate.Payloads,
    };

    public BoshBodySurrogate ConvertToSurrogate(in BoshBody value) => new()
    {
        Rid = value.Rid,
        To = value.To,
        From = value.From,
        Route = value.Route,
        Lang = value.Lang,
        Ver = value.Ver,
        Wait = value.Wait,
        Hold = value.Hold,
        Ack = value.Ack,
        Content = value.Content,
        Type = value.Type,
        Condition = value.Condition,
        Pause = value.Pause,
        Key = value.Key,
        NewKey = value.NewKey,
        StreamName = value.Stream,
        XmppVersion = value.XmppVersion,
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

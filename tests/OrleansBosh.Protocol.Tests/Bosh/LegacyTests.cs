using OrleansBosh.Protocol.Bosh;
using static OrleansBosh.Protocol.Tests.Bosh.SessionScript;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>Catalogue 1.17: a client without a usable <c>ver</c> gets an HTTP status where XEP-0124 §17.1 has one, any other always 200.</summary>
public sealed class LegacyTests : SessionTests
{
    private const string K0 = "ca393b51b682f61f98e7877d61146407f3d0a770";
    private const string K1 = "bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d";
    private const string K2 = "6f825e81f4532b2c5fa2d12457d8a1f22e8f838e";

    /// <summary>The ways in which a session ends, each up to the request that learns of it.</summary>
    private static readonly Dictionary<string, Func<SessionScript, ScriptCaller>> Ends = new()
    {
        ["no rid"] = s => s.Q(1, b => b with { Rid = BoshBody.NoRid, Key = K1 }),
        ["rid above the window"] = s => s.Q(9),
        ["rid not kept any more"] = s => s.Q(-1),
        ["wrong key"] = s => s.Q(1),
        ["repeat with another key"] = s => Last(s.Q(1, b => b with { Key = K1 }), s.Q(1)),
        ["pause that is no number"] = s => s.Q(1, b => b with { Key = K1, Pause = "x" }),
        ["pause too long"] = s => s.Q(1, b => b with { Key = K1, Pause = "600" }),
        ["too many requests"] = s => Last(s.Q(1, b => b with { Key = K1 }), s.Q(2, b => b with { Key = K2 }), s.Q(4), s.Q(5)),
        ["large stanza before login"] = s => s.Q(1, b => b with { Key = K1 }, Message("m", new('x', 300))),
        ["login too slow"] = s => AfterWaiting(s, s.Q(1, b => b with { Key = K1 }), 5),
        ["gap"] = s => AfterWaiting(Bound(s), s.Q(2), 13),
        ["queue overfull"] = s => Push(Bound(s), "a", "b").Q(1),
        ["inactivity"] = s => Later(Bound(s), 3).Q(1),
        ["another request at fault"] = s => First(s.Q(2), s.Q(9)),
        ["stream error"] = s => Close(s, BoshCondition.RemoteStreamError).Q(1, b => b with { Key = K1 }),
        ["shutdown"] = s => Close(s, BoshCondition.SystemShutdown).Q(1, b => b with { Key = K1 }),
        ["our fault"] = s => Close(s, BoshCondition.InternalServerError).Q(1, b => b with { Key = K1 }),
        ["its own will"] = s => s.Q(1, b => b with { Key = K1, Type = "terminate" }),
        ["after its own will"] = s => Last(s.Q(1, b => b with { Key = K1, Type = "terminate" }), s.Q(2)),
    };

    [Theory, Trait("Rule", "B-LEG-01"), Trait("Rule", "B-LEG-02"), Trait("Rule", "B-ATT-06")]
    [InlineData("no rid", 400, "bad-request")]
    [InlineData("rid above the window", 404, "item-not-found")]
    [InlineData("rid not kept any more", 404, "item-not-found")]
    [InlineData("wrong key", 404, "item-not-found")]
    [InlineData("repeat with another key", 404, "item-not-found")]
    [InlineData("pause that is no number", 400, "bad-request")]
    [InlineData("pause too long", 403, "policy-violation")]
    [InlineData("too many requests", 403, "policy-violation")]
    [InlineData("large stanza before login", 403, "policy-violation")]
    [InlineData("login too slow", 403, "policy-violation")]
    [InlineData("gap", 404, "item-not-found")]
    [InlineData("queue overfull", 403, "policy-violation")]
    [InlineData("inactivity", 404, "item-not-found")]
    [InlineData("another request at fault", 200, "other-request")]
    [InlineData("stream error", 200, "remote-stream-error")]
    [InlineData("shutdown", 200, "system-shutdown")]
    [InlineData("our fault", 200, "internal-server-error")]
    [InlineData("its own will", 200, null)]
    [InlineData("after its own will", 404, "item-not-found")]
    public void The_end_of_a_legacy_session_has_the_http_status_of_its_condition(string end, int status, string? condition)
    {
        foreach (var (ver, expected) in (ReadOnlySpan<(string?, int)>)[(null, status), ("x", status), ("1.11", 200)])
        {
            var told = Ends[end](Begin(ver));
            told.ShouldTerminate(condition);
            Assert.Equal(expected, told.Answer!.Status);
        }
    }

    [Fact, Trait("Rule", "B-RID-01"), Trait("Rule", "B-COND-01")]
    public void A_request_without_a_rid_ends_its_session_and_is_not_executed()
    {
        var s = Open(c => c with { Hold = "2" });
        var held = s.Q(1);
        s.Q(2, b => b with { Rid = BoshBody.NoRid, Type = "terminate" }, Message("m")).ShouldTerminate("bad-request");
        held.ShouldTerminate("other-request");
        Assert.Empty(s.Backend.Ids);
        s.ShouldBeDead(2);
    }

    [Fact, Trait("Rule", "B-RID-01")]
    public void A_creation_request_without_a_rid_opens_nothing() =>
        Assert.Null(BoshSession.Create(new() { Rid = BoshBody.NoRid, Ver = "1.11" }, Sid, "example.com", null, TestSettings, 1, DateTimeOffset.UnixEpoch));

    private SessionScript Begin(string? ver) => Create(
        c => c with { Ver = ver, NewKey = K0, Hold = "2" },
        TestSettings with { MaxQueueStanzas = 1, MaxStanzaBytesBeforeLogin = 300, NegotiationTimeout = TimeSpan.FromSeconds(4) });

    private static ScriptCaller Last(params ReadOnlySpan<ScriptCaller> callers) => callers[^1];

    private static ScriptCaller First(params ReadOnlySpan<ScriptCaller> callers) => callers[0];

    private static SessionScript Bound(SessionScript s)
    {
        s.Bind();
        return s;
    }

    private static SessionScript Later(SessionScript s, double seconds)
    {
        s.Advance(seconds);
        return s;
    }

    private static SessionScript Push(SessionScript s, params string[] ids)
    {
        s.Push(ids);
        return s;
    }

    private static SessionScript Close(SessionScript s, BoshCondition condition)
    {
        s.Close(condition);
        return s;
    }

    private static ScriptCaller AfterWaiting(SessionScript s, ScriptCaller caller, double seconds)
    {
        s.Advance(seconds);
        return caller;
    }
}

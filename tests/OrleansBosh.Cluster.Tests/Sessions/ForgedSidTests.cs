using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A sid that we did not make, and one whose session is gone.</summary>
[Collection(nameof(TwoNodes))]
public class ForgedSidTests(TwoNodes nodes)
{
    /// <summary>Of whatever session, on both nodes: an activation that is gone again at once would not be found by looking for it.</summary>
    private int SessionCalls => new[] { nodes.A, nodes.B }.Sum(node => node.Calls[typeof(IBoshSessionGrain)]);

    [Theory]
    [InlineData("EFztDY_WHXjV3RoFfFWnJgBgXboItbEjkx024R6NHiKM")]
    [InlineData("x")]
    [InlineData("")]
    [Trait("Rule", "B-COND-06")]
    [Trait("Rule", "B-LEG-03")]
    public async Task A_forged_sid_gets_item_not_found_and_brings_no_grain_to_life(string sid)
    {
        var before = SessionCalls;
        await using var session = new ScriptedSession(nodes.Client(nodes.A)) { Sid = sid };
        var answer = await session.AskAsync(session.Next());
        Assert.Equal("item-not-found", answer.Condition);
        Assert.Equal(200, answer.Http!.Status);
        Assert.Equal(before, SessionCalls);
    }

    [Fact]
    [Trait("Rule", "B-COND-06")]
    public async Task No_character_of_a_sid_can_be_changed()
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.OpenAsync();
        var sid = session.Sid!;
        var before = SessionCalls;
        for (var index = 0; index < sid.Length; index++)
        {
            var forged = sid.ToCharArray();
            forged[index] = forged[index] == 'A' ? 'B' : 'A';
            session.Sid = new(forged);
            Assert.Equal("item-not-found", (await session.AskAsync(session.Next())).Condition);
        }

        Assert.Equal(before, SessionCalls);
        session.Sid = sid;
        session.Node = nodes.B.Url; // at the owner's node it would be no call
        Assert.Null((await session.AskAsync(session.Request(1, [("type", "terminate")]))).Condition);
        Assert.Equal(before + 1, SessionCalls);
    }

    [Fact]
    [Trait("Rule", "B-TERM-03")]
    public async Task After_its_end_a_session_is_unknown_and_nothing_of_it_stays()
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A));
        await session.OpenAsync();
        await session.AskAsync(session.Next([("type", "terminate")]));
        Assert.Equal("item-not-found", (await session.AskAsync(session.Next())).Condition);
    }
}

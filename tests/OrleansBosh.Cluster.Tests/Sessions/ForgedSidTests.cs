using Microsoft.Extensions.DependencyInjection;
using OrleansBosh.Load.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

/// <summary>A sid that we did not make, and one whose session is gone.</summary>
[Collection(nameof(TwoNodes))]
public class ForgedSidTests(TwoNodes nodes)
{
    [Theory]
    [InlineData("EFztDY_WHXjV3RoFfFWnJgBgXboItbEjkx024R6NHiKM")]
    [InlineData("x")]
    [InlineData("")]
    [Trait("Rule", "B-COND-06")]
    [Trait("Rule", "B-LEG-03")]
    public async Task A_forged_sid_gets_item_not_found_and_brings_no_grain_to_life(string sid)
    {
        await using var session = new ScriptedSession(nodes.Client(nodes.A)) { Sid = sid };
        var before = await CountSessionGrainsAsync();
        var answer = await session.AskAsync(session.Next());
        Assert.Equal("item-not-found", answer.Condition);
        Assert.Equal(200, answer.Http!.Status);
        Assert.Equal(before, await CountSessionGrainsAsync());
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

    private async Task<int> CountSessionGrainsAsync()
    {
        var management = nodes.A.Silo.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var statistics = await management.GetSimpleGrainStatistics();
        return statistics.Where(grain => grain.GrainType.Contains("BoshSessionGrain", StringComparison.Ordinal)).Sum(grain => grain.ActivationCount);
    }
}

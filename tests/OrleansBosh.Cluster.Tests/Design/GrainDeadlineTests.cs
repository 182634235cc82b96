using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Configuration;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Tests.Support;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Cluster.Tests.Design;

/// <summary>Every call between grains has an end, whatever becomes of the other side.</summary>
public class GrainDeadlineTests
{
    private static readonly MethodInfo[] Calls =
    [
        .. typeof(IBoshSessionGrain).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))
            .SelectMany(type => type.GetMethods()),
    ];

    [Fact]
    public void Only_calls_that_hold_a_request_have_a_deadline_of_their_own_and_it_is_later_than_the_longest_hold()
    {
        var own = Calls.Where(call => call.GetCustomAttribute<ResponseTimeoutAttribute>() is not null).ToArray();
        Assert.Equal(["Create", "Receive"], own.Select(call => call.Name).Order(StringComparer.Ordinal));
        Assert.All(own, call => Assert.Equal(typeof(IBoshSessionGrain), call.DeclaringType));

        var longestWait = typeof(BoshOptions).GetProperty(nameof(BoshOptions.MaxWait))!.GetCustomAttribute<RangeAttribute>()!.Maximum;
        var longest = TimeSpan.Parse((string)longestWait, CultureInfo.InvariantCulture) + BoshSession.LongestGap;
        Assert.All(own, call => Assert.InRange(
            call.GetCustomAttribute<ResponseTimeoutAttribute>()!.Timeout!.Value, longest + TimeSpan.FromSeconds(1), longest + TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void No_call_is_sent_without_waiting_for_its_answer()
    {
        Assert.True(Calls.Length > 15, $"{Calls.Length} calls are not all.");
        Assert.Empty(Calls.Where(call => call.GetCustomAttribute<OneWayAttribute>() is not null).Select(call => call.Name));
    }

    [Fact]
    public async Task All_others_end_after_ten_seconds()
    {
        await using var cluster = await BoshTestCluster.StartAsync(1);
        var options = cluster.Nodes[0].Silo.ServiceProvider.GetRequiredService<IOptions<SiloMessagingOptions>>().Value;
        Assert.Equal(TimeSpan.FromSeconds(10), options.ResponseTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), options.SystemResponseTimeout);
        Assert.True(options.CancelRequestOnTimeout);
    }
}

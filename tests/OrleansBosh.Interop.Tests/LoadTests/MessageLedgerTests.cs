using OrleansBosh.Load.Scenarios;

namespace OrleansBosh.Interop.Tests.LoadTests;

public sealed class MessageLedgerTests
{
    private readonly MessageLedger _ledger = new();

    [Fact]
    public async Task A_message_is_under_way_until_it_arrives()
    {
        var sent = new List<int>();
        var first = SendAsync(sent);
        var second = SendAsync(sent);
        Assert.Equal([0, 1], sent);
        Assert.Equal(2, _ledger.UnderWay);

        Assert.Equal(MessageArrival.InOrder, _ledger.Arrive(0));
        await first;
        Assert.False(second.IsCompleted);
        Assert.Equal(1, _ledger.UnderWay);
    }

    [Fact]
    public void Duplicates_disorder_and_what_was_never_sent_are_told_apart()
    {
        for (var i = 0; i < 3; i++) _ = SendAsync([]);
        Assert.Equal(MessageArrival.InOrder, _ledger.Arrive(1));
        Assert.Equal(MessageArrival.OutOfOrder, _ledger.Arrive(0));
        Assert.Equal(MessageArrival.Duplicate, _ledger.Arrive(1));
        Assert.Equal(MessageArrival.InOrder, _ledger.Arrive(2));
        Assert.Equal(MessageArrival.Foreign, _ledger.Arrive(3));
        Assert.Equal(MessageArrival.Foreign, _ledger.Arrive(-1));
    }

    [Fact]
    public async Task A_message_that_nobody_gets_fails_its_sender_and_stays_lost()
    {
        await Assert.ThrowsAsync<TimeoutException>(() => _ledger.SendAsync(_ => ValueTask.CompletedTask, TimeSpan.FromMilliseconds(1), default));
        Assert.Equal(1, _ledger.UnderWay);
    }

    private Task SendAsync(List<int> sent) => _ledger.SendAsync(
        number =>
        {
            sent.Add(number);
            return ValueTask.CompletedTask;
        },
        TimeSpan.FromMinutes(1), default);
}

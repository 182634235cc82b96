using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

public class SessionTurnsTests
{
    private static readonly BoshReply Reply = BoshReply.Of(new BoshAnswer(200, BoshAnswer.DefaultContentType, []));

    private readonly SessionTurns _turns = new();

    [Fact]
    public async Task One_turn_at_a_time_whatever_thread_comes_and_what_was_awaited_comes_back_into_a_turn()
    {
        const int Callers = 8, Steps = 500;
        var inside = 0;
        var overlaps = 0;
        var steps = 0;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Steps; i++) await Begin();
        })));
        Assert.Equal(0, overlaps);
        Assert.Equal(2 * Callers * Steps, steps);

        Task Begin()
        {
            using var turn = _turns.Begin(TurnThread.Free);
            return StepTwiceAsync();
        }

        async Task StepTwiceAsync()
        {
            Step();
            await Task.Yield();
            Step();
        }

        void Step()
        {
            if (Interlocked.Increment(ref inside) != 1) Interlocked.Increment(ref overlaps);
            steps++; // without a lock of its own
            Interlocked.Decrement(ref inside);
        }
    }

    [Fact]
    public void A_caller_has_its_reply_when_the_turn_has_ended_on_the_same_thread()
    {
        var call = new HeldCall(null!, 1);
        var thread = 0;
        var context = SynchronizationContext.Current;
        var continued = call.Task.ContinueWith(
            _ =>
            {
                thread = Environment.CurrentManagedThreadId;
                Assert.Same(context, SynchronizationContext.Current);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        using (_turns.Begin(TurnThread.Free))
        {
            _turns.Answer(call, Reply);
            Assert.False(call.Task.IsCompleted);
        }

        Assert.True(continued.IsCompletedSuccessfully);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
    }

    [Theory]
    [InlineData(nameof(TurnThread.OwnGrain))]
    [InlineData(nameof(TurnThread.OtherGrain))]
    public async Task A_grains_thread_is_not_lost_in_what_the_callers_do_with_their_replies(string kind)
    {
        HeldCall[] calls = [new(null!, 1), new(null!, 2), new(null!, 3)];
        var grains = Environment.CurrentManagedThreadId;
        var threads = calls.Select(call => call.Task.ContinueWith(
            _ => Environment.CurrentManagedThreadId,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default)).ToArray();
        using (_turns.Begin(Enum.Parse<TurnThread>(kind)))
        {
            foreach (var call in calls) _turns.Answer(call, Reply);
        }

        // This thread is still at it: what would run on it has run by now.
        Assert.DoesNotContain(threads, task => task.IsCompleted && task.Result == grains);
        await Task.WhenAll(threads);
        Assert.All(calls, call => Assert.Equal(Reply, call.Task.Result));
    }

    [Fact]
    public void Replies_leave_in_the_order_in_which_they_were_given()
    {
        HeldCall[] calls = [new(null!, 1), new(null!, 2), new(null!, 3)];
        var order = new List<long>();
        foreach (var call in calls)
        {
            _ = call.Task.ContinueWith(
                _ => order.Add(call.Ticket), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        using (_turns.Begin(TurnThread.Free))
        {
            foreach (var call in calls) _turns.Answer(call, Reply);
        }

        Assert.Equal([1, 2, 3], order);
    }

    [Fact]
    public async Task A_turn_within_a_turn_ends_with_the_outer_one()
    {
        var call = new HeldCall(null!, 1);
        using (_turns.Begin(TurnThread.Free))
        {
            using (_turns.Begin(TurnThread.OtherGrain)) _turns.Answer(call, Reply);
            Assert.Same(_turns, SynchronizationContext.Current);
            Assert.False(_turns.IsInOtherGrain);
            Assert.False(call.Task.IsCompleted);
        }

        Assert.NotSame(_turns, SynchronizationContext.Current);
        Assert.Equal(Reply, await call.Task);
    }
}

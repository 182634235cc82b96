using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Tests.Sessions;

public class SessionTurnsTests
{
    private static readonly BoshReply Reply = BoshReply.Of(new BoshAnswer(200, BoshAnswer.DefaultContentType, []));

    private readonly SessionTurns _turns;
    private int _returns;

    public SessionTurnsTests() => _turns = new(() => _returns++);

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
    public async Task What_is_done_outside_is_done_in_no_turn_and_at_once_and_what_follows_is_in_one()
    {
        var thread = Environment.CurrentManagedThreadId;
        var done = false;
        Task<bool> pump;
        using (_turns.Begin(TurnThread.Free))
        {
            pump = GoOutAsync();
            Assert.True(_turns.GoesOn);
            Assert.False(done);
        }

        Assert.True(done);
        Assert.True(await pump);
        Assert.Equal(1, _returns);

        async Task<bool> GoOutAsync()
        {
            var result = await _turns.Outside(() =>
            {
                Assert.Null(SessionTurns.Current);
                // Nobody else has to wait: this would hang.
                var other = new Thread(() =>
                {
                    using var turn = _turns.Begin(TurnThread.Free);
                });
                other.Start();
                other.Join();
                return done = true;
            });
            Assert.Same(_turns, SessionTurns.Current);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            return result;
        }
    }

    [Fact]
    public async Task What_fails_outside_fails_where_it_is_awaited_and_the_turns_go_on()
    {
        Task<bool> pump;
        using (_turns.Begin(TurnThread.Free)) pump = FailAsync();
        Assert.True(await pump);
        using (_turns.Begin(TurnThread.Free)) Assert.False(_turns.GoesOn);

        async Task<bool> FailAsync()
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await _turns.Outside(() => throw new InvalidOperationException()));
            return _turns == SessionTurns.Current;
        }
    }

    [Fact]
    public async Task However_often_one_goes_out_the_stack_does_not_grow()
    {
        const int Times = 100_000;
        var depths = new HashSet<int>();
        Task pump;
        using (_turns.Begin(TurnThread.Free)) pump = GoOutAsync();
        await pump;
        Assert.InRange(depths.Count, 1, 3);

        async Task GoOutAsync()
        {
            for (var i = 0; i < Times; i++)
            {
                await _turns.Outside(() => i % 1000 != 0 || depths.Add(new System.Diagnostics.StackTrace().FrameCount));
            }
        }
    }

    [Fact]
    public async Task Two_that_go_into_each_other_at_the_same_time_do_not_wait_for_each_other()
    {
        const int Times = 20_000;
        var other = new SessionTurns(static () => { });
        await Task.WhenAll(Task.Run(() => RunAsync(_turns, other)), Task.Run(() => RunAsync(other, _turns))).WaitAsync(TimeSpan.FromSeconds(60));

        static Task RunAsync(SessionTurns from, SessionTurns to)
        {
            using var turn = from.Begin(TurnThread.Free);
            return PumpAsync();

            async Task PumpAsync()
            {
                for (var i = 0; i < Times; i++)
                {
                    await from.Outside(() =>
                    {
                        using var visit = to.Begin(TurnThread.Free);
                        return true;
                    });
                }
            }
        }
    }

    [Theory]
    [InlineData(nameof(TurnThread.OwnGrain))]
    [InlineData(nameof(TurnThread.OtherGrain))]
    public async Task A_grains_thread_is_not_lost_outside(string kind)
    {
        var grains = Environment.CurrentManagedThreadId;
        var hasEnded = false;
        var wasInline = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (_turns.Begin(Enum.Parse<TurnThread>(kind))) _ = GoOutAsync();
        Volatile.Write(ref hasEnded, true);
        Assert.False(await wasInline.Task);

        async Task GoOutAsync() =>
            await _turns.Outside(() => wasInline.TrySetResult(Environment.CurrentManagedThreadId == grains && !Volatile.Read(ref hasEnded)));
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

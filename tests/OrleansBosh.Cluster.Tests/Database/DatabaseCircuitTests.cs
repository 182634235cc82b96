using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Tests.Support;

namespace OrleansBosh.Cluster.Tests.Database;

public sealed class DatabaseCircuitTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly DatabaseCircuit _circuit;
    private volatile bool _isAway = true;
    private Exception _failure = new TestDbException();
    private int _probes;

    public DatabaseCircuitTests() => _circuit = new("here", ProbeAsync, Limit, _time, NullLogger.Instance);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _circuit.DisposeAsync();

    [Fact]
    public void A_call_that_waited_in_vain_has_the_next_ones_refused_at_once()
    {
        FailAfter(Limit);

        var refusal = Assert.Throws<StorageException>(() => _circuit.Begin());
        Assert.Equal("here: it has stopped answering.", refusal.Message);
    }

    [Fact]
    public void A_quick_failure_keeps_nobody_waiting_and_refuses_nobody_else()
    {
        FailAfter(TimeSpan.FromMilliseconds(100));

        _circuit.Begin();
    }

    [Fact]
    public void A_database_that_has_answered_somebody_meanwhile_is_not_given_up()
    {
        var begin = _circuit.Begin();
        _time.Advance(Limit / 2);
        _circuit.Answer();
        _time.Advance(Limit / 2);
        _circuit.Fail(begin);

        _circuit.Begin();
    }

    [Fact]
    public async Task It_is_asked_again_and_again_until_it_answers()
    {
        FailAfter(Limit);
        await ProbesAsync(2);
        Assert.Throws<StorageException>(() => _circuit.Begin());

        await ComesBackAsync();

        // And it can open again.
        FailAfter(Limit);
        Assert.False(IsClosed());
    }

    [Fact]
    public async Task Whatever_a_probe_fails_with_it_is_asked_again()
    {
        _failure = new SocketException((int)SocketError.HostNotFound);
        FailAfter(Limit);
        await ProbesAsync(1);

        await ComesBackAsync();
    }

    [Fact]
    public async Task One_that_is_closed_asks_no_more()
    {
        FailAfter(Limit);
        await ProbesAsync(1);
        await _circuit.DisposeAsync();
        var probes = Volatile.Read(ref _probes);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(probes, Volatile.Read(ref _probes));
        await _circuit.DisposeAsync();
    }

    [Fact]
    public async Task Who_hears_that_it_closes_can_still_call_it()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hasReturned = false;
        DatabaseCircuit circuit = null!;
        circuit = new("here", ProbeAsync, Limit, _time, NullLogger.Instance);
        var begin = circuit.Begin();
        _time.Advance(Limit);
        circuit.Fail(begin);
        await Eventually.IsTrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return asked.Task.IsCompleted;
            },
            "the database is asked");

        await circuit.DisposeAsync();

        Assert.True(hasReturned);

        async Task ProbeAsync(CancellationToken cancellationToken)
        {
            var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = cancellationToken.Register(() =>
            {
                // On another thread, as the lock lets its own thread in again.
                hasReturned = Task.Run(circuit.Answer).Wait(TimeSpan.FromSeconds(10));
                heard.SetResult();
            });
            asked.TrySetResult();
            await heard.Task;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void FailAfter(TimeSpan time)
    {
        var begin = _circuit.Begin();
        _time.Advance(time);
        _circuit.Fail(begin);
    }

    private Task ComesBackAsync()
    {
        _isAway = false;
        return Eventually.IsTrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return IsClosed();
            },
            "calls are let through");
    }

    private bool IsClosed()
    {
        try
        {
            _circuit.Begin();
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    private Task ProbesAsync(int count) => Eventually.IsTrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref _probes) >= count;
        },
        "the database is asked");

    private Task ProbeAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _probes);
        return _isAway ? Task.FromException(_failure) : Task.CompletedTask;
    }

    private sealed class TestDbException : System.Data.Common.DbException;
}

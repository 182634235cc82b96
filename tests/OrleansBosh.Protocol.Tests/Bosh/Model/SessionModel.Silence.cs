using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>The other end: the client is never heard of again.</summary>
internal sealed partial class SessionModel
{
    /// <summary>
    /// The client falls silent in the middle of things: requests of its last moment may still come, answers reach nobody any more, and the
    /// server may notice or not.
    /// </summary>
    /// <returns>How many stanzas were handed back that had left in an answer.</returns>
    public int Vanish(uint seed)
    {
        var choices = new Choices(seed);
        while (_client.LastAnswerAt == default)
        {
            Calm();
            _server.AdvanceTo(_server.Now + TimeSpan.FromSeconds(1));
        }

        foreach (var attempt in Travelling)
        {
            if (attempt.Place == AttemptPlace.OnTheWayToServer && choices.Chance(50)) Deliver(attempt);
        }

        for (var steps = choices.Next(12); steps > 0; steps--) StepOfSilence(ref choices);
        for (var round = 0; round < 2; round++)
        {
            while (_server.HasWork) _server.StepBackend(confirmsAtOnce: true, repliesNow: true);
            _server.AdvanceTo(_server.Now + TimeSpan.FromMinutes(10));
        }

        Assert.False(_server.HasWaiting, "A caller never got its answer.");
        Assert.True(_server.IsClosed);
        Assert.True(_server.IsOver);
        // What the client says itself is never wrong, so whatever it has not read comes back.
        if (_config.Acks && !_config.IsPolling && _server.EndedBy == SessionEndCause.Inactivity)
        {
            Assert.Empty(_server.Sent.Skip(_client.Read).Except(_server.HandedBack));
        }

        return _server.HandedBack.Count(_server.Answered.Contains);
    }

    private void StepOfSilence(ref Choices choices)
    {
        switch (choices.Next(6))
        {
            case 0 or 1:
                _server.Push(1 + choices.Next(3), choices.Chance(80));
                break;
            case 2:
                _server.StepBackend(choices.Chance(60), choices.Chance(60));
                break;
            case 3:
                _server.AdvanceTo(_server.Now + TimeSpan.FromMilliseconds(choices.Next(3_000)));
                break;
            case 4:
                if (_server.Waiting is { Count: > 0 } waiting) _server.Notice(choices.Pick(waiting));
                break;
            default:
                if (choices.Chance(20)) _server.Crash(choices.Chance(50));
                break;
        }
    }
}

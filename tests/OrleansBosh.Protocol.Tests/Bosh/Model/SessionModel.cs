namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>
/// A client and a server with a bad network between them: requests and answers are lost, reordered and repeated, connections break with
/// and without the server noticing, nodes move and die. The client keeps to the rules, and the network loses only so much, so the session
/// must live and everything must arrive once and in order.
/// </summary>
internal sealed partial class SessionModel
{
    private const int LossesPerRequest = 3;
    private readonly ModelConfig _config;
    private readonly ModelServer _server;
    private readonly ModelClient _client;
    private readonly List<Attempt> _network = [];
    private int _checked;

    /// <param name="config">The client and the limits.</param>
    /// <param name="trace">Hears what happens, to explain a failure.</param>
    public SessionModel(ModelConfig config, Action<string> trace)
    {
        _config = config;
        _server = new(config, trace);
        _client = new(config, _server.Sent);
        Transmit(_client.CreateSession());
        Deliver(_network[0]);
    }

    private IReadOnlyList<Attempt> Travelling =>
        [.. _network.Where(attempt => attempt.Place is AttemptPlace.OnTheWayToServer or AttemptPlace.OnTheWayToClient)];

    private bool IsIncomplete =>
        _server.HasWork || _client.Read < _server.Sent.Count || _server.Taken.Count < _client.Sent.Count;

    /// <summary>One thing happens.</summary>
    public void Step(uint seed)
    {
        var choices = new Choices(seed);
        if (_client.LastAnswerAt == default) StepOfCreation(ref choices);
        else StepOfLife(ref choices);
        _network.RemoveAll(attempt => attempt.Place == AttemptPlace.Gone);
        _server.AssertLives();
        AssertTaken();
    }

    /// <summary>The network is good again; everything must arrive. Then the client says goodbye, or goes without a word.</summary>
    public void Finish(bool saysGoodbye)
    {
        for (var round = 0; _client.LastAnswerAt == default || IsIncomplete; round++)
        {
            Assert.True(round < 1000, "Not everything arrives.");
            Calm();
            if (!_client.Unanswered.Any() && _client.CanSendEmpty(_server.Now)) Transmit(_client.Next(0));
            Pass(TimeSpan.FromSeconds(1));
            _server.AssertLives();
        }

        Assert.Equal(_client.Sent, _server.Taken);
        Calm();
        Transmit(_client.Next(0, isTerminate: saysGoodbye));
        if (saysGoodbye)
        {
            for (var round = 0; round < 10; round++) Calm();
        }
        else
        {
            Deliver(_network[^1]);
            _server.Crash(confirmationSurvives: false);
            _server.AdvanceTo(_server.Now + TimeSpan.FromSeconds(60));
            Calm();
        }

        _server.AdvanceTo(_server.Now + TimeSpan.FromSeconds(60));
        Assert.False(_server.HasWaiting, "A caller never got its answer.");
        Assert.True(_server.IsClosed);
        Assert.True(_server.IsOver);
    }

    private void StepOfCreation(ref Choices choices)
    {
        switch (choices.Next(8))
        {
            case 0:
                foreach (var attempt in _server.Move(choices.Chance(50))) attempt.Place = AttemptPlace.OnTheWayToServer;
                break;
            case 1:
                Pass(TimeSpan.FromMilliseconds(choices.Next(200)));
                break;
            case 2 or 3:
                _server.StepBackend(choices.Chance(50), repliesNow: true);
                break;
            default:
                if (Travelling is { Count: > 0 } travelling) Deliver(choices.Pick(travelling));
                break;
        }
    }

    private void StepOfLife(ref Choices choices)
    {
        switch (choices.Next(100))
        {
            case < 22:
                SendNew(ref choices);
                break;
            case < 50:
                if (Travelling is { Count: > 0 } travelling) Deliver(choices.Pick(travelling));
                break;
            case < 55:
                Lose(ref choices);
                break;
            case < 60:
                Cut(ref choices);
                break;
            case < 66:
                if (_client.Unanswered.ToArray() is { Length: > 0 } unanswered) Repeat(choices.Pick(unanswered));
                break;
            case < 76:
                if (_server.Sent.Count - _client.Read < 100) _server.Push(1 + choices.Next(3), choices.Chance(80));
                break;
            case < 88:
                _server.StepBackend(choices.Chance(60), choices.Chance(60));
                break;
            case < 94:
                Pass(TimeSpan.FromMilliseconds(choices.Next(choices.Chance(25) ? 60_000 : 1_500)));
                break;
            case < 97:
                // The server notices late that somebody has gone.
                if (_server.Waiting.Where(attempt => !attempt.IsHeard).ToArray() is { Length: > 0 } ghosts) _server.Notice(choices.Pick(ghosts));
                break;
            case 97 or 98:
                foreach (var attempt in _server.Move(choices.Chance(50))) Recall(attempt);
                break;
            default:
                foreach (var attempt in _server.Crash(choices.Chance(50))) attempt.Place = AttemptPlace.Gone;
                break;
        }
    }

    private void SendNew(ref Choices choices)
    {
        var isFree = _client.Sent.Count - _server.Taken.Count < 5;
        if (_client.CanPause && choices.Chance(6)) Transmit(_client.Next(isFree ? choices.Next(2) : 0, pause: 5 + choices.Next(50)));
        else if (_client.CanSend && isFree && choices.Chance(60)) Transmit(_client.Next(1 + choices.Next(2), isRestart: choices.Chance(5)));
        else if (_client.CanSendEmpty(_server.Now) && (_client.Open.Count == 0 || choices.Chance(20))) Transmit(_client.Next(0));
    }

    /// <summary>Something is lost on its way; the client notices that its connection broke.</summary>
    private void Lose(ref Choices choices)
    {
        var losable = Travelling.Where(attempt => attempt.Request.Sends <= LossesPerRequest).ToArray();
        if (losable.Length > 0) choices.Pick(losable).Place = AttemptPlace.Gone;
    }

    /// <summary>A connection breaks while its request is held, with or without the server noticing.</summary>
    private void Cut(ref Choices choices)
    {
        var heard = _server.Waiting.Where(attempt => attempt.IsHeard && attempt.Request.Sends <= LossesPerRequest).ToArray();
        if (heard.Length == 0) return;
        var attempt = choices.Pick(heard);
        attempt.IsHeard = false;
        if (choices.Chance(50)) _server.Notice(attempt);
    }

    /// <summary>The front end calls again after a move, unless its client has gone on in the meantime.</summary>
    private static void Recall(Attempt attempt) =>
        attempt.Place = attempt.Request.Received is null ? AttemptPlace.OnTheWayToServer : AttemptPlace.Gone;

    private void Transmit(ModelRequest request)
    {
        if (request.Sends++ == 0) request.SentAt = _server.Now;
        _network.Add(new(request));
    }

    /// <summary>The client gives up the connections of a request and sends it again on another. Copies of it may still be on their way.</summary>
    private void Repeat(ModelRequest request)
    {
        foreach (var attempt in _network)
        {
            if (attempt.Request == request) attempt.IsHeard = false;
        }

        Transmit(request);
    }

    private void Deliver(Attempt attempt)
    {
        if (attempt.Place == AttemptPlace.OnTheWayToServer)
        {
            _server.Arrive(attempt);
            return;
        }

        attempt.Place = AttemptPlace.Gone;
        if (!attempt.IsHeard || attempt.Request.Received is not null) return;
        if (!_client.Receive(attempt.Request, attempt.Answer!, _server.Now)) return;
        foreach (var other in _network)
        {
            // The client closes the other connections of this request; what was on its way there reaches nobody.
            if (other.Request != attempt.Request) continue;
            other.IsHeard = false;
            if (other.Place != AttemptPlace.AtServer) other.Place = AttemptPlace.Gone;
        }
    }

    /// <summary>Time passes, in small pieces: a client repeats what stays unanswered for too long and never stays away for too long.</summary>
    private void Pass(TimeSpan time)
    {
        var end = _server.Now + time;
        while (_server.Now < end)
        {
            var piece = TimeSpan.FromMilliseconds(500);
            _server.AdvanceTo(end - _server.Now < piece ? end : _server.Now + piece);
            if (_client.LastAnswerAt != default) KeepToTheRules();
        }
    }

    private void KeepToTheRules()
    {
        var patience = TimeSpan.FromSeconds(_config.Wait + 3);
        foreach (var request in _client.Unanswered.ToArray())
        {
            if (_server.Now - request.SentAt > patience) RepeatReliably(request);
        }

        _client.Pauses.RemoveAll(pause => _server.HasArrived(pause.Rid + 1));
        var inactivity = _client.Pauses.Select(pause => pause.Seconds).Append(_config.IsPolling ? 40 : 30).Min();
        var limit = TimeSpan.FromSeconds(inactivity * 0.7);
        if (_server.HasWaiting || _server.Now - _server.LastBusyAt < limit) return;
        if (_client.Unanswered.Any())
        {
            foreach (var request in _client.Unanswered.ToArray()) RepeatReliably(request);
        }
        else
        {
            var request = _client.Next(1);
            Transmit(request);
            Deliver(_network[^1]);
        }
    }

    private void RepeatReliably(ModelRequest request)
    {
        Repeat(request);
        request.SentAt = _server.Now;
        var attempt = _network[^1];
        Deliver(attempt);
        // The network has delayed enough: an answer that is there arrives, too.
        if (request.Sends > LossesPerRequest && attempt.Place == AttemptPlace.OnTheWayToClient) Deliver(attempt);
    }

    private void Calm()
    {
        while (Travelling is { Count: > 0 } travelling) Deliver(travelling[0]);
        while (_server.HasWork) _server.StepBackend(confirmsAtOnce: true, repliesNow: true);
        foreach (var request in _client.Unanswered.ToArray())
        {
            var isUnderWay = _network.Exists(attempt => attempt.Request == request && attempt.IsHeard && attempt.Place != AttemptPlace.Gone);
            if (!isUnderWay) RepeatReliably(request);
        }

        while (Travelling is { Count: > 0 } travelling) Deliver(travelling[0]);
    }

    private void AssertTaken()
    {
        Assert.True(_server.Taken.Count <= _client.Sent.Count, "The backend got a stanza too many.");
        for (var i = _checked; i < _server.Taken.Count; i++) Assert.Equal(_client.Sent[i], _server.Taken[i]);
        _checked = _server.Taken.Count;
    }

}

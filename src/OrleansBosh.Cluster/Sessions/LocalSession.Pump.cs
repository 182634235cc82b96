using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Cluster.Sessions;

/// <summary>The way from the engine's outbox to the backend: the one part of a session that awaits others.</summary>
internal sealed partial class LocalSession
{
    private void StartPump()
    {
        _isPumping = true;
        _pump = PumpToEndAsync();
    }

    private async Task PumpToEndAsync()
    {
        // The calls that it makes must not be made in another grain's name.
        if (_turns.IsInOtherGrain) await Task.Yield();
        try
        {
            await PumpAsync();
            _isPumping = false;
            if (_session is not null && !_isReleased) Act();
        }
        catch (Exception exception)
        {
            _isPumping = false;
            Fail(exception);
        }
    }

    /// <summary>The short way has led to nothing, and the backend takes its time after all.</summary>
    private void OnReturned()
    {
        if (!_isPumping || _isReleased || _session is null) return;
        try
        {
            _session.Flush(Now);
            Act();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Carries the outbox to the backend, one awaited call at a time and in order.</summary>
    private async Task PumpAsync()
    {
        while (!_isReleased && _session?.NextOutboxItem is { } item)
        {
            try
            {
                var step = CarryAsync(item);
                if (!step.IsCompleted && !_turns.GoesOn)
                {
                    // The backend takes its time: what it has said so far need not wait for it.
                    _session.Flush(Now);
                    Act();
                }

                await step;
            }
            catch (Exception exception)
            {
                // A bug or broken storage: nobody else must notice, and the client learns that its session is over.
                LogPumpFailed(_services.Logger, exception, item.Kind);
                _session?.Close(BoshCondition.InternalServerError, null, Now);
            }

            // The session may have failed or left meanwhile.
            if (!_isReleased) _session?.Delivered(item, Now);
        }

        if (_session is not null || _isReleased || _stream is not { } stream) return;
        // It failed, and does not know any more what it had.
        _stream = null;
        await stream.CloseAsync([]);
    }

    private async ValueTask CarryAsync(OutboxItem item)
    {
        switch (item.Kind)
        {
            case OutboxKind.Open:
                _stream = await _services.Backend.OpenAsync(_open!, this);
                break;
            case OutboxKind.Stanza when _stream is not null:
                await _stream.SendAsync(item.Stanza!, new(_id, item.Rid, item.Index));
                break;
            case OutboxKind.Restart when _stream is not null:
                await _stream.RestartAsync(item.Lang);
                break;
            case OutboxKind.Close when _stream is not null:
                await _stream.CloseAsync(item.Undelivered ?? []);
                _stream = null;
                break;
            default:
                // The stream could not be opened; the session has ended with that, and what followed has no receiver.
                break;
        }
    }
}

using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>
/// Tests that play sessions. When a test is over, each of its sessions is left alone: every caller must still get its one answer, the
/// stream must be closed once, and the session must end without being ticked for ever.
/// </summary>
public abstract class SessionTests : IDisposable
{
    private readonly List<SessionScript> _scripts = [];

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        foreach (var script in _scripts) script.RunOut();
    }

    /// <summary>A creation request.</summary>
    private protected SessionScript Create(
        Func<BoshBody, BoshBody>? creation = null, BoshSessionSettings? settings = null, ScriptBackend? backend = null, params Stanza[] payload)
    {
        var script = new SessionScript(creation, settings, backend, payload: payload);
        _scripts.Add(script);
        return script;
    }

    /// <summary>A session past its negotiation.</summary>
    private protected SessionScript Open(
        Func<BoshBody, BoshBody>? creation = null, BoshSessionSettings? settings = null, ScriptBackend? backend = null)
    {
        var script = Create(creation, settings, backend);
        script.Bind();
        return script;
    }
}

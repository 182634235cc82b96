using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Cluster.Xmpp;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>The cluster itself is the XMPP server of its domain. This object has what all streams share.</summary>
internal sealed partial class EmbeddedBackend(
    EmbeddedDomainSettings settings,
    IAccountStore accounts,
    IGrainFactory grains,
    StanzaRouter router,
    DomainQueries queries,
    Registration registration,
    ResourceLeases leases,
    BoshMeter meter,
    ILogger<EmbeddedBackend> logger) : IXmppBackend
{
    internal IAccountStore Accounts => accounts;

    internal StanzaRouter Router => router;

    internal DomainQueries Queries => queries;

    internal Registration Registration => registration;

    internal ResourceLeases Leases => leases;

    internal BoshMeter Meter => meter;

    public bool Serves(string domain) => domain == settings.Domain;

    public ValueTask<IXmppStream> OpenAsync(XmppStreamOpen open, IXmppClient client)
    {
        var stream = new EmbeddedStream(this, open, client);
        stream.SendFeatures();
        return new(stream);
    }

    public IXmppStream Resume(ReadOnlyMemory<byte> snapshot, XmppStreamOpen open, IXmppClient client) =>
        EmbeddedStream.Restore(snapshot, this, open, client);

    /// <summary>In-band registration carries a password in the clear, so it is offered where PLAIN is.</summary>
    internal bool AllowsRegistration(XmppStreamOpen open) => settings.AllowRegistration && IsInReach(open) && AllowsPlain(open);

    internal SaslSettings SaslFor(XmppStreamOpen open) => new(settings.Domain, AllowsPlain(open), settings.AllowAnonymous && IsInReach(open), settings.DecoySecret)
    {
        DecoyIterations = settings.ScramIterations,
    };

    internal IUserGrain AccountOf(Jid bare) => grains.GetUser(bare.Text);

    [LoggerMessage(EventId = 311, Level = LogLevel.Error, Message = "The account store failed; the client has been told to try again")]
    internal partial void LogStorageFailed(Exception exception);

    private bool AllowsPlain(XmppStreamOpen open) => open.IsEncrypted || (settings.AllowPlainWithoutTls && IsInReach(open));

    private bool IsInReach(XmppStreamOpen open) => open.IsLoopback || !settings.LoopbackOnly;
}

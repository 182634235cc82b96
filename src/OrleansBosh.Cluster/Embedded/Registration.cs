using System.Net;
using System.Xml.Linq;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Limits;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>In-band registration (XEP-0077): a new account before login, a new password or the end of the account after it.</summary>
internal sealed partial class Registration(
    EmbeddedDomainSettings settings, IAccountStore accounts, AddressLimits limits, BoshMeter meter, ILogger<Registration> logger)
{
    /// <summary>Names of guests; nobody may register one and so get what was meant for a guest.</summary>
    public const string GuestPrefix = "guest-";

    private static readonly XNamespace Register = Ns.Register;

    /// <summary>Each new account costs a key derivation and a row for ever.</summary>
    private readonly AddressLimit _rate = new(BoshLimit.RegistrationRate, settings.MaxRegistrationsPerHour, TimeSpan.FromHours(1));

    public static bool IsQuery(Stanza stanza) =>
        stanza is { Kind: StanzaKind.Iq, Type: "get" or "set", Children: [{ Name: "query", Namespace: Ns.Register }] };

    /// <summary>Before login (P-NEG-07).</summary>
    public async ValueTask<Stanza> AnswerNewcomerAsync(Stanza iq, string clientAddress)
    {
        if (iq.Type == "get") return StanzaAnswers.Result(iq, Form(null));
        var isAcceptable = IsAcceptable(Field(iq, "username"), out var local);
        if (!SaslPrep.TryPreparePassword(Field(iq, "password") ?? "", out var password) || !isAcceptable)
        {
            return StanzaError.NotAcceptable.AnswerTo(iq, "This name or password cannot be used.")!;
        }

        // Clients whose address the front end could not tell share one count.
        var address = IPAddress.TryParse(clientAddress, out var known) ? known : IPAddress.None;
        if (!limits.TryTake(address, _rate))
        {
            meter.LimitHit(_rate.Limit);
            return StanzaError.ResourceConstraint.AnswerTo(iq, "Too many registrations from your address. Please try later.")!;
        }

        try
        {
            var isNew = await accounts.AddAsync(settings.Domain, local, await DeriveAsync(password));
            return isNew ? StanzaAnswers.Result(iq) : StanzaError.Conflict.AnswerTo(iq, "This name is taken.")!;
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            return StanzaAnswers.StorageFailed.AnswerTo(iq)!;
        }
    }

    /// <summary>A user changes the own password (XEP-0077 §3.3). Removal is not among this: it ends the stream.</summary>
    public async ValueTask<Stanza> AnswerUserAsync(Stanza iq, string local)
    {
        if (iq.Type == "get") return StanzaAnswers.Result(iq, Form(local));
        if (!Jid.TryPrepareLocal(Field(iq, "username") ?? "", out var named) || named != local)
        {
            return StanzaError.NotAllowed.AnswerTo(iq)!;
        }

        if (!SaslPrep.TryPreparePassword(Field(iq, "password") ?? "", out var password))
        {
            return StanzaError.NotAcceptable.AnswerTo(iq)!;
        }

        try
        {
            var isDone = await accounts.SetCredentialsAsync(settings.Domain, local, await DeriveAsync(password));
            return isDone ? StanzaAnswers.Result(iq) : StanzaError.ItemNotFound.AnswerTo(iq)!;
        }
        catch (StorageException exception)
        {
            LogStorageFailed(exception);
            return StanzaAnswers.StorageFailed.AnswerTo(iq)!;
        }
    }

    public static bool IsRemoval(Stanza iq) => iq.Type == "set" && Field(iq, "remove") is not null;

    private static string? Field(Stanza iq, string name) =>
        iq.TryToXElement(out var xml) ? (string?)xml.Element(Register + "query")?.Element(Register + name) : null;

    private static bool IsAcceptable(string? username, out string local)
    {
        local = Jid.TryPrepareLocal(username?.Trim() ?? "", out var prepared) ? prepared : "";
        return local.Length > 0 && !local.StartsWith(GuestPrefix, StringComparison.Ordinal);
    }

    /// <summary>Tens of milliseconds of work: not in a turn of the session.</summary>
    private Task<ScramCredentials> DeriveAsync(string password) =>
        Task.Run(() => ScramCredentials.FromPassword(password, settings.ScramIterations));

    [LoggerMessage(EventId = 331, Level = LogLevel.Error, Message = "The account store failed; the client has been told to try again")]
    private partial void LogStorageFailed(Exception exception);

    private static XElement Form(string? local) => new(
        Register + "query",
        local is null
            ? new XElement(Register + "instructions", "Choose a name and a password.")
            : new XElement(Register + "registered"),
        new XElement(Register + "username", local),
        new XElement(Register + "password"));
}

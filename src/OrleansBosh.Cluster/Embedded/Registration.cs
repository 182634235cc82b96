using System.Xml.Linq;
using Microsoft.Extensions.Logging;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Embedded;

/// <summary>In-band registration (XEP-0077): a new account before login, a new password or the end of the account after it.</summary>
internal sealed partial class Registration(
    EmbeddedDomainSettings settings, IAccountStore accounts, RegistrationRate rate, ILogger<Registration> logger)
{
    /// <summary>Names of guests; nobody may register one and so get what was meant for a guest.</summary>
    public const string GuestPrefix = "guest-";

    private static readonly XNamespace Register = Ns.Register;

    public static bool IsQuery(Stanza stanza) =>
        stanza is { Kind: StanzaKind.Iq, Type: "get" or "set", Children: [{ Name: "query", Namespace: Ns.Register }] };

    /// <summary>Before login (P-NEG-07).</summary>
    public async ValueTask<Stanza> AnswerNewcomerAsync(Stanza iq, string clientAddress)
    {
        if (iq.Type == "get") return StanzaAnswers.Result(iq, Form(null));
        var query = iq.ToXElement().Element(Register + "query")!;
        var username = (string?)query.Element(Register + "username");
        var password = (string?)query.Element(Register + "password");
        if (!IsAcceptable(username, out var local) || !SaslPrep.TryPreparePassword(password ?? "", out var prepared))
        {
            return StanzaError.NotAcceptable.AnswerTo(iq, "This name or password cannot be used.")!;
        }

        if (!rate.TryTake(clientAddress))
        {
            return StanzaError.ResourceConstraint.AnswerTo(iq, "Too many registrations from your address. Please try later.")!;
        }

        try
        {
            var isNew = await accounts.AddAsync(settings.Domain, local, await DeriveAsync(prepared));
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
        var query = iq.ToXElement().Element(Register + "query")!;
        if (!Jid.TryPrepareLocal((string?)query.Element(Register + "username") ?? "", out var named) || named != local)
        {
            return StanzaError.NotAllowed.AnswerTo(iq)!;
        }

        if (!SaslPrep.TryPreparePassword((string?)query.Element(Register + "password") ?? "", out var password))
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

    public static bool IsRemoval(Stanza iq) =>
        iq.Type == "set" && iq.ToXElement().Element(Register + "query")?.Element(Register + "remove") is not null;

    private static bool IsAcceptable(string? username, out string local)
    {
        local = Jid.TryPrepareLocal(username?.Trim() ?? "", out var prepared) ? prepared : "";
        return local.Length > 0 && !local.StartsWith(GuestPrefix, StringComparison.Ordinal);
    }

    /// <summary>Tens of milliseconds of work: not on the turn of the session's grain.</summary>
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

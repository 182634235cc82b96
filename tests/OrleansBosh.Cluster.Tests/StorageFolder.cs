using System.Xml.Linq;
using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests;

/// <summary>A folder for one test, with what storage tests put into it.</summary>
internal sealed class StorageFolder
{
    public const string Domain = "example.org";
    public const string Juliet = "juliet@example.org";

    public const string Password = "a rather secret word";

    public static readonly ScramCredentials Credentials = ScramCredentials.FromPassword(Password, ScramCredentials.MinIterations);

    public string Path { get; } = Directory.CreateTempSubdirectory("orleansbosh-test-").FullName;

    /// <summary>In a folder that does not exist yet.</summary>
    public string File => System.IO.Path.Combine(Path, "data", "domain.db");

    public Task<DomainStore> OpenAsync() => DomainStore.OpenAsync(new SqliteDialect(File));

    public static Stanza Message(string body) => Stanza.Create(
        "message",
        new("romeo@example.org/orchard", Juliet, "m1", "chat", "en"),
        new XElement(XName.Get("body", Ns.Client), body),
        new XElement(XName.Get("delay", Ns.Delay), new XAttribute("stamp", "2026-01-01T00:00:00Z")));

    /// <summary>The text of the first <c>body</c> of each message.</summary>
    public static IEnumerable<string> Bodies(IEnumerable<(long Id, Stanza Message)> messages) =>
        messages.Select(stored => stored.Message.ToXElement().Element(XName.Get("body", Ns.Client))!.Value);

    public void Delete() => Directory.Delete(Path, recursive: true);
}

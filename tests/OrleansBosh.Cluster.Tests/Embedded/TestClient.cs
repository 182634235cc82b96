using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Embedded;

/// <summary>A client of one test session. It waits for events, never for time; the time-out only ends a test that has failed.</summary>
internal sealed class TestClient(ITestSessionGrain session, TestInbox inbox)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private long _rid = 1000;
    private int _lastId;

    public ITestSessionGrain Session { get; } = session;

    public TestInbox Inbox { get; } = inbox;

    public string Jid => Inbox.Jid!.Text;

    public string Bare => Inbox.Jid!.Bare.Text;

    /// <summary>The stream error or null end that the server sent.</summary>
    public Task<StreamError?> Closed => Inbox.Closed.Task.WaitAsync(Patience);

    public Task SendAsync(string xml) => Session.Send(TestStanza.Parse(xml), ++_rid, 0);

    /// <summary>Sends the same stanza under the same name as the last one, as a restored session does.</summary>
    public Task RepeatAsync(string xml) => Session.Send(TestStanza.Parse(xml), _rid, 0);

    public Task RestartAsync() => Session.Restart();

    public Task<byte[]> CaptureAsync() => Session.Capture();

    public Task ResumeAsync(byte[] snapshot) => Session.Resume(snapshot);

    /// <summary>As if the session had moved to another node.</summary>
    public async Task RecycleAsync() => await ResumeAsync(await CaptureAsync());

    /// <summary>The session ends; these stanzas its client has not seen.</summary>
    public Task CloseAsync(params Stanza[] undelivered) => Session.Close(undelivered);

    public async Task<Stanza> NextAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        return await Inbox.Stanzas.Reader.ReadAsync(timeout.Token);
    }

    /// <summary>Reads up to the first stanza of which this is true.</summary>
    public async Task<Stanza> UntilAsync(Func<Stanza, bool> isIt)
    {
        while (true)
        {
            var stanza = await NextAsync();
            if (isIt(stanza)) return stanza;
        }
    }

    /// <summary>Sends an iq and reads up to its answer.</summary>
    public async Task<Stanza> AskAsync(string iq)
    {
        await SendAsync(iq);
        var id = TestStanza.Parse(iq).Id;
        return await UntilAsync(s => s.Name == "iq" && s.Type is "result" or "error" && s.Id == id);
    }

    /// <summary>
    /// All that has been sent to this client so far: a message to the own full JID takes the same way as everything that its account's
    /// grain sends, and so comes behind it.
    /// </summary>
    public async Task<List<Stanza>> DrainAsync()
    {
        var id = $"drain{++_lastId}";
        await SendAsync($"<message to='{Jid}' id='{id}'/>");
        var stanzas = new List<Stanza>();
        while (true)
        {
            var stanza = await NextAsync();
            if (stanza.Id == id) return stanzas;
            stanzas.Add(stanza);
        }
    }

    /// <summary>Sends presence and waits for its reflection.</summary>
    public async Task BecomeAvailableAsync(int priority = 0)
    {
        await SendAsync($"<presence><priority>{priority}</priority></presence>");
        await UntilAsync(s => s.Name == "presence" && s.From == Jid && s.Type is null);
    }

    public async Task<Stanza> AuthenticateAsync(string mechanism, string name, string password)
    {
        await NextAsync(); // features
        var answer = await TryAuthenticateAsync(mechanism, name, password);
        Assert.Equal("success", answer.Name);
        return answer;
    }

    /// <summary>One login on a stream whose features have been read; returns success or failure.</summary>
    public async Task<Stanza> TryAuthenticateAsync(string mechanism, string name, string password)
    {
        if (mechanism.StartsWith("SCRAM-", StringComparison.Ordinal)) return await TryScramAsync(mechanism, name, password);
        var data = mechanism == "PLAIN" ? Base64($"\0{name}\0{password}") : "";
        await SendAsync($"<auth xmlns='{Ns.Sasl}' mechanism='{mechanism}'>{data}</auth>");
        return await NextAsync();
    }

    public async Task<string> BindAsync(string? resource = null)
    {
        await RestartAsync();
        Assert.Equal("features", (await NextAsync()).Name);
        var answer = await AskAsync(BindRequest(resource));
        Assert.Equal("result", answer.Type);
        return answer.ToXElement().Descendants(XName.Get("jid", Ns.Bind)).Single().Value;
    }

    public static string BindRequest(string? resource) =>
        $"<iq type='set' id='bind'><bind xmlns='{Ns.Bind}'>{(resource is null ? "" : $"<resource>{resource}</resource>")}</bind></iq>";

    private async Task<Stanza> TryScramAsync(string mechanism, string name, string password)
    {
        var hash = mechanism switch
        {
            "SCRAM-SHA-1" => HashAlgorithmName.SHA1,
            "SCRAM-SHA-256" => HashAlgorithmName.SHA256,
            _ => HashAlgorithmName.SHA512,
        };
        var firstBare = $"n={name},r=nonce";
        await SendAsync($"<auth xmlns='{Ns.Sasl}' mechanism='{mechanism}'>{Base64("n,," + firstBare)}</auth>");
        var challenge = await NextAsync();
        if (challenge.Name != "challenge") return challenge;
        var serverFirst = Encoding.UTF8.GetString(Convert.FromBase64String(challenge.ToXElement().Value));
        var parts = serverFirst.Split(',');
        var withoutProof = $"c={Base64("n,,")},{parts[0]}";
        var message = Encoding.UTF8.GetBytes($"{firstBare},{serverFirst},{withoutProof}");
        var size = CryptographicOperations.HashData(hash, []).Length;
        var iterations = int.Parse(parts[2][2..], CultureInfo.InvariantCulture);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(parts[1][2..]), iterations, hash, size);
        var clientKey = CryptographicOperations.HmacData(hash, salted, "Client Key"u8);
        var signature = CryptographicOperations.HmacData(hash, CryptographicOperations.HashData(hash, clientKey), message);
        var proof = clientKey.Zip(signature, (a, b) => (byte)(a ^ b)).ToArray();
        await SendAsync($"<response xmlns='{Ns.Sasl}'>{Base64($"{withoutProof},p={Convert.ToBase64String(proof)}")}</response>");
        return await NextAsync();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}

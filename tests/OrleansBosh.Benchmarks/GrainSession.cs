using System.Text;
using System.Xml.Linq;
using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Benchmarks;

/// <summary>A guest's session without a front end: each request is a call of the session's grain. Nothing is held.</summary>
internal sealed class GrainSession
{
    private readonly IBoshSessionGrain _grain;
    private readonly string _attributes;
    private readonly Dictionary<string, BoshBody> _bodies = [];
    private long _rid = 1;

    private GrainSession(IBoshSessionGrain grain, string sid) => (_grain, _attributes) = (grain, $"sid='{sid}'");

    /// <summary>A message to this session.</summary>
    public string IncomingMessage { get; private set; } = "";

    public static async Task<GrainSession> LoginAsync(IGrainFactory grains, SessionIds ids)
    {
        var (sid, id) = ids.Create();
        var session = new GrainSession(grains.GetGrain<IBoshSessionGrain>(id), sid);
        var creation = Wire.Read(Wire.Entity(session._rid, "to='localhost' hold='0' wait='60' ver='1.11' xmpp:version='1.0'", ""));
        Expect("features", await session._grain.Create(new(creation, sid, "localhost", "localhost", false, "127.0.0.1", true), default));
        Expect("success", await session.SendAsync("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"));
        Expect("features", await session.SendAsync("", " to='localhost' xmpp:restart='true'"));
        var bound = Expect("jid", await session.SendAsync("<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"));
        session.IncomingMessage = Wire.Message(bound.Descendants().First(element => element.Name.LocalName == "jid").Value);
        return session;
    }

    /// <summary>Sends a stanza, which is parsed the first time only.</summary>
    public async Task<BoshReply> SendAsync(string payload, string attributes = "")
    {
        if (!_bodies.TryGetValue(payload, out var body)) _bodies[payload] = body = Wire.Read(Wire.Entity(_rid, _attributes + attributes, payload));
        _rid++;
        var reply = await _grain.Receive(new(body with { Rid = _rid }, IsEncrypted: false), default);
        return reply is { Kind: BoshReplyKind.Answered, Answer.Status: 200 } ? reply : throw new InvalidOperationException($"The session answered {reply}.");
    }

    private static XElement Expect(string name, BoshReply reply)
    {
        var answer = XElement.Parse(Encoding.UTF8.GetString(reply.Answer!.Entity));
        return answer.Descendants().Any(element => element.Name.LocalName == name)
            ? answer
            : throw new InvalidOperationException($"No <{name}/> in {answer}.");
    }
}

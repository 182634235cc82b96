using System.Text;
using System.Xml.Linq;
using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>One HTTP request of a script and what became of it.</summary>
internal sealed class ScriptCaller(long ticket, long rid)
{
    public static readonly XNamespace HttpBind = Ns.HttpBind;

    public long Ticket { get; } = ticket;

    public long Rid { get; } = rid;

    public BoshAnswer? Answer { get; private set; }

    /// <summary>The session moved: the caller was let go without an answer.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>The connection broke.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>When the answer left.</summary>
    public DateTimeOffset AnsweredAt { get; private set; }

    public bool IsHeld => Answer is null && !IsReleased && !IsAbandoned;

    public string Text => Encoding.UTF8.GetString(Answered.Entity);

    /// <summary>The text of the body's start tag.</summary>
    public string StartTag => Text[..(Text.IndexOf('>', StringComparison.Ordinal) + 1)];

    /// <summary>The answer as a reader sees it; parsing it proves that it is well-formed.</summary>
    public XElement Body => XElement.Parse(Text);

    public string? Type => (string?)Body.Attribute("type");

    public string? Condition => (string?)Body.Attribute("condition");

    /// <summary>Ids (or, where there is none, names) of the payload elements.</summary>
    public string[] Payload => [.. Body.Elements().Select(element => (string?)element.Attribute("id") ?? element.Name.LocalName)];

    private BoshAnswer Answered => Answer ?? throw new InvalidOperationException($"Request {Rid} has no answer.");

    public string? Attribute(string name) => (string?)Body.Attribute(name);

    public void Take(BoshAnswer? answer, DateTimeOffset now)
    {
        Assert.True(IsHeld, $"The caller with ticket {Ticket} (rid {Rid}) got a second effect, or one after it had gone.");
        Answer = answer;
        IsReleased = answer is null;
        AnsweredAt = now;
    }

    public void ShouldBeEmpty()
    {
        Assert.Equal(HttpBind + "body", Body.Name);
        Assert.Null(Type);
        Assert.Empty(Body.Nodes());
    }

    public void ShouldCarry(params string[] payload)
    {
        Assert.Null(Type);
        Assert.Equal(payload, Payload);
    }

    /// <summary>A terminate body; null for one without a condition.</summary>
    public void ShouldTerminate(string? condition)
    {
        Assert.Equal("terminate", Type);
        Assert.Equal(condition, Condition);
    }

    /// <summary>The body that tells a superseded caller to go away (B-RTX-04).</summary>
    public void ShouldBeSuperseded()
    {
        Assert.Equal("error", Type);
        Assert.Empty(Body.Nodes());
    }
}

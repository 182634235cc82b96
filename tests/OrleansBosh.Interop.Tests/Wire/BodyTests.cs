using System.Globalization;
using System.Text;
using System.Xml.Linq;
using OrleansBosh.Load.Http;

namespace OrleansBosh.Interop.Tests.Wire;

/// <summary>1.3: the wrapper and the rules of its XML.</summary>
public sealed class BodyTests : WireTest
{
    /// <summary>The attributes of request 1, to be put into what is otherwise wrong.</summary>
    private const string Attributes = "@";

    [Theory]
    [InlineData("<bodyy xmlns='http://jabber.org/protocol/httpbind' @/>")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbinding' @/>")]
    [InlineData("<body @/>")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @/><body xmlns='http://jabber.org/protocol/httpbind' @/>")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @/>junk")]
    [Trait("Rule", "B-XML-01")]
    [Trait("Rule", "B-COND-01")]
    public Task The_entity_is_exactly_one_body(string entity) => IsRefusedAsync(entity);

    [Theory]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @><pre")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @><a></b></body>")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @ x='1' x='2'/>")]
    [InlineData("<body xmlns='http://jabber.org/protocol/httpbind' @><p:a/></body>")]
    [Trait("Rule", "B-XML-02")]
    public Task An_entity_that_is_not_well_formed_is_refused(string entity) => IsRefusedAsync(entity);

    [Fact]
    [Trait("Rule", "B-XML-02")]
    [Trait("Scope", "ours")]
    public async Task An_entity_that_cannot_be_read_touches_no_session()
    {
        var session = await OpenAsync();
        foreach (var end in (string[])["><pre", "><a></b></body>", "/>junk", ">x</body>", "><!-- c --></body>"])
        {
            var entity = $"<body xmlns='http://jabber.org/protocol/httpbind' rid='{Rid(session, 1)}' sid='{session.Sid}'{end}";
            AssertTerminate("bad-request", await session.AskAsync(Raw(entity)));
        }

        AssertAuthenticated(await session.AskAsync(session.Request(1, [], Authentication)));
    }

    [Theory]
    [InlineData("<!-- c -->")]
    [InlineData("<?pi x?>")]
    [InlineData("&nbsp;")]
    [InlineData("<!DOCTYPE body>")]
    [Trait("Rule", "B-XML-03")]
    public async Task Comments_instructions_and_unknown_references_are_refused_at_any_depth(string construct)
    {
        const string body = "<body xmlns='http://jabber.org/protocol/httpbind' @>";
        await IsRefusedAsync($"{body}{construct}</body>");
        await IsRefusedAsync($"{body}<message xmlns='jabber:client'><body>{construct}</body></message></body>");
        await IsRefusedAsync($"{construct}{body}</body>");
    }

    [Fact]
    [Trait("Rule", "B-XML-03")]
    public async Task An_entity_bomb_is_refused_at_once()
    {
        var bomb = new StringBuilder("<!DOCTYPE body [<!ENTITY e0 'ha'>");
        for (var i = 1; i < 30; i++) bomb.Append(CultureInfo.InvariantCulture, $"<!ENTITY e{i} '&e{i - 1};&e{i - 1};'>");
        await IsRefusedAsync(bomb.Append("]><body xmlns='http://jabber.org/protocol/httpbind' @><a>&e29;</a></body>").ToString());
    }

    [Fact]
    [Trait("Rule", "B-XML-04")]
    public async Task Text_in_the_body_is_refused_and_white_space_ignored()
    {
        await IsRefusedAsync("<body xmlns='http://jabber.org/protocol/httpbind' @>x</body>");
        var friend = await FriendAsync();
        var session = await LoginAsync();
        await session.SendAsync(session.Next([], "\r\n\t  ", MessageTo(friend, "m"), "\n  "));
        await HearsAsync(friend, "m");
    }

    [Theory]
    [InlineData("<?xml version='1.0' encoding='UTF-8'?>", true)]
    [InlineData("\uFEFF<?xml version='1.0'?>\n", true)]
    [InlineData("\uFEFF", true)]
    [InlineData("<?xml version='1.0' encoding='UTF-16'?>", false)]
    [InlineData("<?xml version='1.0' encoding='ISO-8859-1'?>", false)]
    [Trait("Rule", "B-XML-05")]
    [Trait("Scope", "ours")]
    public async Task A_declaration_is_accepted_if_it_says_UTF_8(string before, bool isAccepted)
    {
        var session = await OpenAsync();
        var answer = await session.AskAsync(Raw(before + session.Next([], Authentication)));
        if (isAccepted) AssertAuthenticated(answer);
        else AssertTerminate("bad-request", answer);
    }

    [Fact]
    [Trait("Rule", "B-XML-07")]
    public async Task Payload_comes_out_as_it_went_in()
    {
        var friend = await FriendAsync();
        var session = await LoginAsync();
        string[] bodies = ["<![CDATA[a<b]]>", "&amp;&lt;&#x41;&apos;", "\U0001F600", "\u0085", "a\u00A0\u2028b"];
        var stanzas = bodies.Select(body => $"<c:message to='{friend.Jid}' type='chat'><c:body>{body}</c:body><y:x/></c:message>");
        await session.SendAsync(session.Next([("xmlns:c", "jabber:client"), ("xmlns:y", "urn:example:y")], stanzas));
        foreach (var text in (string[])["a<b", "&<A'", "\U0001F600", "\u0085", "a\u00A0\u2028b"])
        {
            var message = await NextMessageAsync(friend);
            Assert.Equal(text, BodyText(message));
            Assert.NotNull(message.Element(XName.Get("x", "urn:example:y")));
        }
    }

    [Fact]
    [Trait("Rule", "B-XML-08")]
    [Trait("Scope", "ours")]
    public async Task What_exceeds_a_limit_is_refused_quickly()
    {
        var session = await OpenAsync();
        var deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        var wide = string.Concat(Enumerable.Range(0, 10_000).Select(i => $" a{i}='1'"));
        var large = new string('x', 300 * 1024);
        var many = string.Concat(Enumerable.Repeat("<a/>", 300));
        foreach (var payload in (string[])[deep, $"<a{wide}/>", $"<a>{large}</a>", many])
        {
            var (answer, after) = await TimeAsync(session.AskAsync(Raw(session.Request(1, [], payload).ToString())));
            AssertTerminate("policy-violation", answer);
            Assert.InRange(after, TimeSpan.Zero, Soon);
        }

        await AssertAliveAsync(await LoginAsync());
    }

    private async Task IsRefusedAsync(string entity)
    {
        var session = await OpenAsync();
        var attributes = $"rid='{Rid(session, 1)}' sid='{session.Sid}'";
        var text = entity.Replace(Attributes, attributes, StringComparison.Ordinal);
        AssertUnreadable(await ExchangeAsync(HttpRequestText.Post(Url, Encoding.UTF8.GetBytes(text))));
    }
}

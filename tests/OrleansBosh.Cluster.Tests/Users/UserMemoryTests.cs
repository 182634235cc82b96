using OrleansBosh.Cluster.Users;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests.Users;

/// <summary>The bounded memories of the domain: what they know, and that they forget.</summary>
public class UserMemoryTests
{
    private readonly Guid _session = Guid.NewGuid();

    [Fact]
    public void A_stanza_up_to_the_last_one_of_its_session_is_a_repeat()
    {
        var seen = new SeenOrigins();
        seen.Remember(new(_session, 10, 1));
        Assert.True(seen.IsRepeat(new(_session, 10, 1)));
        Assert.True(seen.IsRepeat(new(_session, 10, 0)));
        Assert.True(seen.IsRepeat(new(_session, 9, 5)));
        Assert.False(seen.IsRepeat(new(_session, 10, 2)));
        Assert.False(seen.IsRepeat(new(_session, 11, 0)));
        Assert.False(seen.IsRepeat(new(Guid.NewGuid(), 1, 0)));
    }

    [Fact]
    public void What_servers_send_is_no_repeat()
    {
        var seen = new SeenOrigins();
        seen.Remember(default);
        Assert.False(seen.IsRepeat(default));
    }

    [Fact]
    public void The_sender_that_was_silent_for_longest_is_forgotten()
    {
        var seen = new SeenOrigins(capacity: 2);
        var other = Guid.NewGuid();
        seen.Remember(new(_session, 1, 0));
        seen.Remember(new(other, 1, 0));
        seen.Remember(new(_session, 2, 0));
        seen.Remember(new(Guid.NewGuid(), 1, 0));
        Assert.True(seen.IsRepeat(new(_session, 2, 0)));
        Assert.False(seen.IsRepeat(new(other, 1, 0)));
    }

    [Fact]
    public void Copies_are_recognized_by_their_content_and_the_oldest_are_forgotten()
    {
        var copies = new SharedCopies(capacity: 2);
        copies.Remember(Message("1"), [_session]);
        Assert.Equal([_session], copies.HoldersOf(Message("1")));
        Assert.Empty(copies.HoldersOf(Message("2")));
        copies.Remember(Message("2"), [_session]);
        copies.Remember(Message("3"), [_session]);
        Assert.Empty(copies.HoldersOf(Message("1")));
        Assert.NotEmpty(copies.HoldersOf(Message("3")));
    }

    private static Stanza Message(string id) =>
        Stanza.Create("message", new(From: "a@example.org/x", To: "b@example.org", Id: id, Type: "chat", Lang: null));
}

using Microsoft.Extensions.Time.Testing;
using OrleansBosh.Cluster.Embedded;
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

    [Fact, Trait("Rule", "P-NEG-07")]
    public void Registrations_are_counted_per_address_and_window()
    {
        var time = new FakeTimeProvider();
        var rate = new RegistrationRate(time);
        for (var i = 0; i < RegistrationRate.MaxPerWindow; i++) Assert.True(rate.TryTake("192.0.2.1"));
        Assert.False(rate.TryTake("192.0.2.1"));
        Assert.True(rate.TryTake("192.0.2.2"));
        time.Advance(RegistrationRate.Window);
        Assert.True(rate.TryTake("192.0.2.1"));
    }

    [Fact]
    public void The_count_of_addresses_is_bounded_until_old_ones_expire()
    {
        var time = new FakeTimeProvider();
        var rate = new RegistrationRate(time);
        for (var i = 0; i < RegistrationRate.MaxAddresses; i++) Assert.True(rate.TryTake($"address {i}"));
        Assert.False(rate.TryTake("one more"));
        Assert.True(rate.TryTake("address 0"));
        time.Advance(RegistrationRate.Window);
        Assert.True(rate.TryTake("one more"));
    }

    private static Stanza Message(string id) =>
        Stanza.Create("message", new(From: "a@example.org/x", To: "b@example.org", Id: id, Type: "chat", Lang: null));
}

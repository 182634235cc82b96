using OrleansBosh.Cluster.Storage;
using OrleansBosh.Protocol.Sasl;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Cluster.Tests;

/// <summary>What the contracts of the stores promise, on each database.</summary>
public abstract class StorageTests : IAsyncLifetime
{
    private const string Domain = StorageFolder.Domain;
    private const string Juliet = StorageFolder.Juliet;
    private DomainStore _store = null!;

    public virtual async Task InitializeAsync() => _store = await OpenAsync();

    public virtual async Task DisposeAsync() => await _store.DisposeAsync();

    /// <summary>Another store on the same data.</summary>
    protected abstract Task<DomainStore> OpenAsync();

    [Fact]
    public async Task An_account_is_found_with_the_keys_it_was_added_with()
    {
        Assert.True(await _store.AddAsync(Domain, "juliet", StorageFolder.Credentials));

        AssertSame(StorageFolder.Credentials, await _store.FindAsync(Domain, "juliet"));
        Assert.Null(await _store.FindAsync(Domain, "romeo"));
        Assert.Null(await _store.FindAsync("example.com", "juliet"));
    }

    [Fact]
    public async Task An_account_is_added_once_and_keeps_its_first_keys()
    {
        await _store.AddAsync(Domain, "juliet", StorageFolder.Credentials);

        Assert.False(await _store.AddAsync(Domain, "juliet", ScramCredentials.FromPassword("other", ScramCredentials.MinIterations)));
        AssertSame(StorageFolder.Credentials, await _store.FindAsync(Domain, "juliet"));
        Assert.True(await _store.AddAsync("example.com", "juliet", StorageFolder.Credentials));
    }

    [Fact]
    public async Task Of_many_who_register_the_same_name_at_once_one_gets_it()
    {
        var added = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => _store.AddAsync(Domain, "juliet", StorageFolder.Credentials).AsTask()));
        Assert.Single(added, isAdded => isAdded);
    }

    [Fact]
    public async Task Credentials_are_replaced_only_where_there_is_an_account()
    {
        var changed = ScramCredentials.FromPassword("other", ScramCredentials.MinIterations);
        await _store.AddAsync(Domain, "juliet", StorageFolder.Credentials);

        Assert.True(await _store.SetCredentialsAsync(Domain, "juliet", changed));
        Assert.False(await _store.SetCredentialsAsync(Domain, "romeo", changed));

        AssertSame(changed, await _store.FindAsync(Domain, "juliet"));
        Assert.Null(await _store.FindAsync(Domain, "romeo"));
    }

    [Fact]
    public async Task Accounts_are_listed_sorted_and_by_domain()
    {
        string[] names = ["romeo", "juliet", "j\u00fcrgen", "a-b"];
        foreach (var name in names) await _store.AddAsync(Domain, name, StorageFolder.Credentials);
        await _store.AddAsync("example.com", "other", StorageFolder.Credentials);

        Assert.Equal(["a-b", "juliet", "j\u00fcrgen", "romeo"], await _store.ListAsync(Domain));
        Assert.Empty(await _store.ListAsync("example.net"));
    }

    [Fact]
    public async Task With_an_account_all_that_was_kept_for_it_goes()
    {
        await FillAsync();
        await _store.AddAsync("romeo@example.org", StorageFolder.Message("stays"), 10);

        Assert.True(await _store.RemoveAsync(Domain, "juliet"));
        Assert.False(await _store.RemoveAsync(Domain, "juliet"));

        Assert.Null(await _store.FindAsync(Domain, "juliet"));
        await AssertNothingOfJulietAsync();
        Assert.Single(await _store.ReadAsync("romeo@example.org", 10));
    }

    [Fact]
    public async Task A_new_account_gets_nothing_that_was_left_for_an_earlier_one()
    {
        await FillAsync();
        await _store.RemoveAsync(Domain, "juliet");
        await _store.AddAsync(Juliet, StorageFolder.Message("was on its way"), 10);
        await _store.SaveItemAsync(Juliet, Item("nurse@example.org"), 7);

        await _store.AddAsync(Domain, "juliet", StorageFolder.Credentials);

        await AssertNothingOfJulietAsync();
    }

    [Fact]
    public async Task A_roster_that_was_never_saved_is_empty()
    {
        var roster = await _store.LoadAsync(Juliet);

        Assert.Empty(roster.Items);
        Assert.Empty(roster.Requests);
        Assert.Equal(0, roster.Version);
    }

    [Fact]
    public async Task A_roster_item_comes_back_as_it_was_saved_last()
    {
        await _store.SaveItemAsync(Juliet, Item("romeo@example.org"), 1);
        var last = new StoredRosterItem("romeo@example.org", "Romeo \"R\" \u2665", "both", true, true, ["Friends", "Veron\u00e4, [\"]"]);
        await _store.SaveItemAsync(Juliet, last, 2);
        await _store.SaveItemAsync(Juliet, Item("nurse@example.org"), 3);

        var roster = await _store.LoadAsync(Juliet);

        Assert.Equal(3, roster.Version);
        Assert.Equal(["nurse@example.org", "romeo@example.org"], roster.Items.Select(item => item.Contact));
        Assert.Equal(last.Groups, roster.Items[1].Groups);
        Assert.Equal(last, roster.Items[1] with { Groups = last.Groups });
        Assert.Null(roster.Items[0].Name);
        Assert.Empty((await _store.LoadAsync("romeo@example.org")).Items);
    }

    [Fact]
    public async Task A_removed_item_is_gone_and_the_version_has_grown()
    {
        await _store.SaveItemAsync(Juliet, Item("romeo@example.org"), 1);
        await _store.RemoveItemAsync(Juliet, "romeo@example.org", 2);

        var roster = await _store.LoadAsync(Juliet);

        Assert.Empty(roster.Items);
        Assert.Equal(2, roster.Version);
    }

    [Fact]
    public async Task The_last_request_of_each_contact_waits_until_it_is_removed()
    {
        await _store.SaveRequestAsync(Juliet, "romeo@example.org", Request("romeo@example.org", "first"));
        await _store.SaveRequestAsync(Juliet, "romeo@example.org", Request("romeo@example.org", "second"));
        await _store.SaveRequestAsync(Juliet, "paris@example.org", Request("paris@example.org", "first"));
        Assert.Equal(["paris@example.org first", "romeo@example.org second"], await RequestsAsync());

        await _store.RemoveRequestAsync(Juliet, "romeo@example.org");
        Assert.Equal(["paris@example.org first"], await RequestsAsync());
        Assert.Empty((await _store.LoadAsync("romeo@example.org")).Requests);

        async Task<IEnumerable<string>> RequestsAsync() =>
            (await _store.LoadAsync(Juliet)).Requests.Select(request => $"{request.From} {request.Id}");
    }

    [Fact]
    public async Task A_stored_stanza_comes_back_byte_by_byte()
    {
        var stanza = StorageFolder.Message("<&> \u2665 \ud83d\ude00");
        await _store.AddAsync(Juliet, stanza, 10);

        var (_, stored) = Assert.Single(await _store.ReadAsync(Juliet, 10));

        Assert.Equal(stanza.Bytes.ToArray(), stored.Bytes.ToArray());
        Assert.Equal(stanza.Header, stored.Header);
        Assert.Equal(stanza.Children.ToArray(), stored.Children.ToArray());
    }

    [Fact]
    public async Task Offline_messages_are_read_oldest_first_and_stay_until_they_are_removed()
    {
        for (var i = 1; i <= 5; i++) await _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 10);

        var two = await _store.ReadAsync(Juliet, 2);
        Assert.Equal(["1", "2"], StorageFolder.Bodies(two));
        Assert.Equal(5, (await _store.ReadAsync(Juliet, 100)).Count);

        await _store.AddAsync("romeo@example.org", StorageFolder.Message("not hers"), 10);
        await _store.RemoveThroughAsync(Juliet, two[1].Id);
        await _store.RemoveThroughAsync("romeo@example.org", two[1].Id);
        Assert.Equal(["3", "4", "5"], StorageFolder.Bodies(await _store.ReadAsync(Juliet, 100)));
        Assert.Single(await _store.ReadAsync("romeo@example.org", 100));
    }

    [Fact]
    public async Task A_full_offline_store_takes_no_more_until_there_is_room()
    {
        for (var i = 1; i <= 3; i++) Assert.True(await _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 3));
        Assert.False(await _store.AddAsync(Juliet, StorageFolder.Message("4"), 3));
        Assert.True(await _store.AddAsync("romeo@example.org", StorageFolder.Message("1"), 3));

        await _store.RemoveThroughAsync(Juliet, (await _store.ReadAsync(Juliet, 1))[0].Id);
        Assert.True(await _store.AddAsync(Juliet, StorageFolder.Message("5"), 3));
        Assert.Equal(["2", "3", "5"], StorageFolder.Bodies(await _store.ReadAsync(Juliet, 100)));
    }

    [Fact]
    public async Task The_limit_holds_for_messages_that_come_at_the_same_time()
    {
        var taken = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Task.Run(async () => await _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 50))));

        Assert.Equal(50, taken.Count(isTaken => isTaken));
        Assert.Equal(50, (await _store.ReadAsync(Juliet, 1000)).Count);
    }

    [Fact]
    public async Task What_one_node_writes_another_sees_and_the_limit_holds_for_both()
    {
        await using var other = await OpenAsync();
        var taken = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(
            async () => await (i % 2 == 0 ? _store : other).AddAsync(Juliet, StorageFolder.Message($"{i}"), 30))));

        Assert.Equal(30, taken.Count(isTaken => isTaken));
        Assert.Equal(StorageFolder.Bodies(await _store.ReadAsync(Juliet, 100)), StorageFolder.Bodies(await other.ReadAsync(Juliet, 100)));
    }

    [Fact]
    public async Task Accounts_that_two_nodes_register_and_remove_at_once_are_whole_or_absent()
    {
        await using var other = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(async () =>
        {
            var store = i % 2 == 0 ? _store : other;
            var name = $"user{i % 5}";
            if (i % 3 == 0) await store.RemoveAsync(Domain, name);
            else await store.AddAsync(Domain, name, StorageFolder.Credentials);
        })));

        // Throws where an account has lost one of its keys.
        foreach (var name in await _store.ListAsync(Domain)) Assert.NotNull(await other.FindAsync(Domain, name));
    }

    [Fact]
    public async Task Hundreds_of_writers_at_once_each_see_what_they_wrote()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(async () =>
        {
            var user = $"user{i}@example.org";
            Assert.True(await _store.AddAsync(user, StorageFolder.Message($"{i}"), 10));
            Assert.Equal([$"{i}"], StorageFolder.Bodies(await _store.ReadAsync(user, 10)));
        })));
    }

    [Fact]
    public async Task An_id_is_not_used_again_after_the_last_message_was_removed()
    {
        await _store.AddAsync(Juliet, StorageFolder.Message("1"), 10);
        var first = (await _store.ReadAsync(Juliet, 1))[0].Id;
        await _store.RemoveThroughAsync(Juliet, first);

        await _store.AddAsync(Juliet, StorageFolder.Message("2"), 10);
        Assert.True((await _store.ReadAsync(Juliet, 1))[0].Id > first);
    }

    [Fact]
    public async Task Messages_that_come_back_take_their_place_before_and_behind_the_others()
    {
        for (var i = 1; i <= 5; i++) await _store.AddAsync(Juliet, StorageFolder.Message($"{i}"), 10);
        await _store.AddAsync("romeo@example.org", StorageFolder.Message("not hers"), 10);
        var before = await _store.ReadAsync(Juliet, 10);

        // The first three were taken, and the removal of the third one is still to come.
        await _store.RemoveThroughAsync(Juliet, before[1].Id);
        Assert.Equal(5, await _store.PutBackAsync(Juliet, Messages("1", "2", "3"), Messages("6", "7"), before[2].Id, 10));
        await _store.RemoveThroughAsync(Juliet, before[2].Id);

        var after = await _store.ReadAsync(Juliet, 10);
        Assert.Equal(["1", "2", "3", "4", "5", "6", "7"], StorageFolder.Bodies(after));
        Assert.True(after[0].Id > before[4].Id, "an id is used again");
        await _store.RemoveThroughAsync(Juliet, after[3].Id);
        Assert.Equal(["5", "6", "7"], StorageFolder.Bodies(await _store.ReadAsync(Juliet, 10)));
        Assert.Single(await _store.ReadAsync("romeo@example.org", 10));
    }

    [Theory]
    [InlineData(10, 5, "1 2 a b 3 4 5")]
    [InlineData(6, 4, "1 2 a b 3 4")]
    [InlineData(3, 1, "1 a b")]
    [InlineData(2, 0, "a b")]
    [InlineData(1, 0, "a b")]
    public async Task Of_messages_that_come_back_the_first_are_stored_as_far_as_there_is_room(int limit, int stored, string expected)
    {
        await _store.AddAsync(Juliet, StorageFolder.Message("a"), 10);
        await _store.AddAsync(Juliet, StorageFolder.Message("b"), 10);

        Assert.Equal(stored, await _store.PutBackAsync(Juliet, Messages("1", "2"), Messages("3", "4", "5"), 0, limit));
        Assert.Equal(expected, string.Join(' ', StorageFolder.Bodies(await _store.ReadAsync(Juliet, 10))));
    }

    [Fact]
    public async Task Ten_thousand_messages_come_back_in_order()
    {
        string[] bodies = [.. Enumerable.Range(0, 10_000).Select(i => $"{i}")];
        await _store.AddAsync(Juliet, StorageFolder.Message(bodies[5000]), 10_000);

        Assert.Equal(9_999, await _store.PutBackAsync(Juliet, Messages(bodies[..5000]), Messages(bodies[5001..]), 0, 10_000));
        Assert.Equal(bodies, StorageFolder.Bodies(await _store.ReadAsync(Juliet, 10_000)));
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        await FillAsync();
        await _store.DisposeAsync();
        _store = await OpenAsync();

        AssertSame(StorageFolder.Credentials, await _store.FindAsync(Domain, "juliet"));
        var roster = await _store.LoadAsync(Juliet);
        Assert.Equal(4, roster.Version);
        Assert.Equal("romeo@example.org", Assert.Single(roster.Items).Contact);
        Assert.Equal("paris@example.org", Assert.Single(roster.Requests).From);
        Assert.Equal(["hello"], StorageFolder.Bodies(await _store.ReadAsync(Juliet, 10)));
    }

    private async Task FillAsync()
    {
        await _store.AddAsync(Domain, "juliet", StorageFolder.Credentials);
        await _store.SaveItemAsync(Juliet, Item("romeo@example.org"), 4);
        await _store.SaveRequestAsync(Juliet, "paris@example.org", Request("paris@example.org", "p1"));
        await _store.AddAsync(Juliet, StorageFolder.Message("hello"), 10);
    }

    private async Task AssertNothingOfJulietAsync()
    {
        var roster = await _store.LoadAsync(Juliet);
        Assert.Empty(roster.Items);
        Assert.Empty(roster.Requests);
        Assert.Equal(0, roster.Version);
        Assert.Empty(await _store.ReadAsync(Juliet, 10));
    }

    private static void AssertSame(ScramCredentials expected, ScramCredentials? actual)
    {
        Assert.NotNull(actual);
        foreach (var (a, b) in new[] { (expected.Sha1, actual.Sha1), (expected.Sha256, actual.Sha256), (expected.Sha512, actual.Sha512) })
        {
            Assert.Equal(a.Iterations, b.Iterations);
            Assert.Equal(a.Salt, b.Salt);
            Assert.Equal(a.StoredKey, b.StoredKey);
            Assert.Equal(a.ServerKey, b.ServerKey);
        }
    }

    private static Stanza[] Messages(params string[] bodies) => [.. bodies.Select(StorageFolder.Message)];

    private static StoredRosterItem Item(string contact) => new(contact, null, "none", false, false, []);

    private static Stanza Request(string from, string id) => Stanza.Create("presence", new(from, Juliet, id, "subscribe", null));
}

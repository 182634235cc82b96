using OrleansBosh.Protocol.Bosh;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Tests.Bosh;

/// <summary>The bounds of the queue to the client, to the stanza and to the byte.</summary>
public sealed class ClientQueueTests
{
    private static readonly Stanza Message = SessionScript.Message("a");
    private static readonly int Size = Message.Bytes.Length;

    [Fact, Trait("Rule", "B-HOLD-04")]
    public void An_answer_takes_as_many_stanzas_as_allowed_in_their_order()
    {
        var queue = Queue(new() { MaxAnswerStanzas = 2 }, "a", "b", "c");
        Assert.Equal(["a", "b"], Ids(queue.TakeBatch()));
        Assert.Equal(1, queue.Count);
        Assert.Equal(["c"], Ids(queue.TakeBatch()));
        Assert.Empty(queue.TakeBatch());
    }

    [Theory, Trait("Rule", "B-HOLD-04")]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(2, -1, 1)]
    [InlineData(2, 0, 2)]
    [InlineData(3, -1, 2)]
    [InlineData(3, 0, 3)]
    public void An_answer_takes_as_many_bytes_as_allowed_and_always_one_stanza(int stanzas, int more, int taken) =>
        Assert.Equal(taken, Queue(new() { MaxAnswerBytes = (stanzas * Size) + more }, "a", "b", "c").TakeBatch().Count);

    [Theory, Trait("Rule", "B-SEC-03")]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void There_is_room_up_to_the_number_of_stanzas(int stanzas, bool hasRoom)
    {
        var settings = new BoshSessionSettings { MaxQueueStanzas = stanzas };
        Assert.Equal(hasRoom, Queue(settings, "a", "b").HasRoomFor(Message));
        Assert.False(Queue(settings, [.. Enumerable.Repeat("a", stanzas)]).IsOverfull);
        Assert.True(Queue(settings, [.. Enumerable.Repeat("a", stanzas + 1)]).IsOverfull);
    }

    [Theory, Trait("Rule", "B-SEC-03")]
    [InlineData(-1, false, true)]
    [InlineData(0, true, false)]
    public void There_is_room_up_to_the_number_of_bytes(int more, bool hasRoom, bool isOverfull)
    {
        var settings = new BoshSessionSettings { MaxQueueBytes = (3 * Size) + more };
        var queue = Queue(settings, "a", "b");
        Assert.Equal(hasRoom, queue.HasRoomFor(Message));
        Assert.False(queue.IsOverfull);
        queue.Add(Message);
        Assert.Equal(isOverfull, queue.IsOverfull);
    }

    [Fact]
    public void An_empty_queue_has_room_for_a_stanza_of_any_size_and_what_was_taken_gives_its_room_back()
    {
        var queue = new ClientQueue(new() { MaxQueueBytes = 1 });
        Assert.True(queue.HasRoomFor(Message));
        queue.Add(Message);
        Assert.False(queue.HasRoomFor(Message));
        queue.TakeBatch();
        Assert.False(queue.IsOverfull);

        queue.Add(Message);
        Assert.Equal(["a"], Ids(queue.TakeAll()));
        Assert.Equal(0, queue.Count);
        Assert.False(queue.IsOverfull);
    }

    private static ClientQueue Queue(BoshSessionSettings settings, params string[] ids)
    {
        var queue = new ClientQueue(settings);
        foreach (var id in ids) queue.Add(SessionScript.Message(id));
        return queue;
    }

    private static string[] Ids(IEnumerable<Stanza> stanzas) => [.. stanzas.Select(stanza => stanza.Id!)];
}

namespace OrleansBosh.Protocol.Tests.Xml;

/// <summary>
/// Random bytes as a sequence of choices. When they run out every choice is the first, the simplest one, so that shortening the bytes
/// simplifies what is made of them: CsCheck shrinks a document without knowing its grammar.
/// </summary>
internal sealed class Choices(byte[] bytes)
{
    private int _next;

    /// <summary>0 … count−1.</summary>
    public int Next(int count) => _next < bytes.Length ? bytes[_next++] % count : 0;

    /// <summary>A place in something longer than a byte can count.</summary>
    public int Place(int count) => count == 0 ? 0 : ((Next(256) << 8) | Next(256)) % count;

    /// <summary>True once in <paramref name="count"/> times.</summary>
    public bool OneIn(int count) => Next(count) == count - 1;

    public T Pick<T>(params ReadOnlySpan<T> items) => items[Next(items.Length)];
}

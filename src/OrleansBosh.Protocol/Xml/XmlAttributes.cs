using System.Buffers;

namespace OrleansBosh.Protocol.Xml;

/// <summary>The attributes and namespace declarations of one tag, in a pooled array that the next tag uses again.</summary>
internal struct XmlAttributes : IDisposable
{
    private const int Usual = 16;

    private XmlAttribute[] _items;

    public XmlAttributes() => _items = ArrayPool<XmlAttribute>.Shared.Rent(Usual);

    public int Count { get; private set; }

    public readonly ReadOnlySpan<XmlAttribute> Items => _items.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Room for one more, to be written at once: an earlier tag may have left something there.</summary>
    public ref XmlAttribute Add()
    {
        if (Count == _items.Length)
        {
            var larger = ArrayPool<XmlAttribute>.Shared.Rent(_items.Length * 2);
            _items.CopyTo(larger, 0);
            ArrayPool<XmlAttribute>.Shared.Return(_items);
            _items = larger;
        }

        return ref _items[Count++];
    }

    /// <summary>Finds the bindings of the prefixes; false when one is not declared.</summary>
    public readonly bool TryResolve(ReadOnlySpan<byte> text, ref XmlNamespaces namespaces)
    {
        foreach (ref var attribute in _items.AsSpan(0, Count))
        {
            if (!attribute.Name.IsPrefixed || attribute.IsDeclaration) continue;
            attribute.Binding = namespaces.ResolvePrefix(text, attribute.Name.Prefix(text));
            if (attribute.Binding == XmlNamespaces.Unbound) return false;
        }

        return true;
    }

    /// <summary>Whether two have the same expanded name. By pairs for the few of an honest element, by a set for many.</summary>
    public readonly bool HasDuplicate(ReadOnlySpan<byte> text, ref XmlNamespaces namespaces)
    {
        if (Count > Usual) return HasDuplicateAmongMany(text, ref namespaces);
        for (var i = 1; i < Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (AreSame(text, ref namespaces, _items[i], _items[j])) return true;
            }
        }

        return false;
    }

    private static bool AreSame(ReadOnlySpan<byte> text, ref XmlNamespaces namespaces, in XmlAttribute one, in XmlAttribute other)
    {
        if (one.IsDeclaration != other.IsDeclaration || one.Name.IsPrefixed != other.Name.IsPrefixed) return false;
        if (!one.Name.Local(text).SequenceEqual(other.Name.Local(text))) return false;
        return one.Binding == other.Binding || namespaces.IdentityOf(text, one.Binding) == namespaces.IdentityOf(text, other.Binding);
    }

    private readonly bool HasDuplicateAmongMany(ReadOnlySpan<byte> text, ref XmlNamespaces namespaces)
    {
        var seen = new HashSet<(bool, bool, int, string)>(Count);
        foreach (var attribute in Items)
        {
            var local = KnownStrings.Get(attribute.Name.Local(text));
            var identity = namespaces.IdentityOf(text, attribute.Binding);
            if (!seen.Add((attribute.IsDeclaration, attribute.Name.IsPrefixed, identity, local))) return true;
        }

        return false;
    }

    public void Dispose()
    {
        ArrayPool<XmlAttribute>.Shared.Return(_items);
        _items = [];
    }
}

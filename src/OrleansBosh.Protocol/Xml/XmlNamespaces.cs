using System.Buffers;
using OrleansBosh.Protocol.Xmpp;

namespace OrleansBosh.Protocol.Xml;

/// <summary>
/// The namespace declarations in scope (Namespaces in XML 1.0). A binding is known by its index; indexes of an outer element stay valid
/// while inner ones come and go. Namespace strings are made when somebody asks for them.
/// </summary>
/// <remarks>
/// A search through a short list is quickest for what people send. Behind <see cref="SearchLimit"/> bindings a hash table takes over,
/// seeded per process, so that a document cannot make each of its names cost a walk over thousands of declarations.
/// </remarks>
internal struct XmlNamespaces : IDisposable
{
    /// <summary>The binding of a name without a namespace.</summary>
    public const int None = -1;

    /// <summary>The binding of the prefix <c>xml</c>, which needs no declaration.</summary>
    public const int Xml = -2;

    /// <summary>The binding of the prefix <c>xmlns</c>, which only declarations have.</summary>
    public const int Xmlns = -3;

    /// <summary>A prefix that nothing binds.</summary>
    public const int Unbound = -4;

    private const int SearchLimit = 16;

    private Binding[] _bindings;
    private int[]? _buckets;
    private Dictionary<string, int>? _identities;
    private int _peak;

    public XmlNamespaces()
    {
        _bindings = ArrayPool<Binding>.Shared.Rent(SearchLimit);
        Default = None;
    }

    /// <summary>Declarations in scope, shadowed ones included.</summary>
    public int Count { get; private set; }

    /// <summary>The default namespace's binding, or <see cref="None"/>.</summary>
    public int Default { get; private set; }

    /// <summary>Written to each binding that a lookup finds, so that a reader can tell which declarations an element needed.</summary>
    public int Stamp { get; set; }

    /// <summary>Comparisons of prefixes so far, for the test that they grow with the input and no faster.</summary>
    public long Comparisons { get; private set; }

    /// <summary>Adds a declaration; returns why it is not allowed, or null.</summary>
    public string? Declare(ReadOnlySpan<byte> text, in XmlAttribute declaration)
    {
        // The name is xmlns or xmlns:prefix.
        var prefix = declaration.Name.IsPrefixed ? declaration.Name.Local(text) : default;
        if (prefix.SequenceEqual("xmlns"u8)) return "the prefix xmlns is declared";
        var isEmpty = declaration.ValueLength == 0;
        if (isEmpty && !prefix.IsEmpty) return "a prefix is bound to no namespace";

        var isXml = Is(text, declaration, Ns.Xml);
        if (prefix.SequenceEqual("xml"u8)) return isXml ? null : "the prefix xml is bound to another namespace";
        if (isXml || Is(text, declaration, Ns.Xmlns)) return "a reserved namespace is bound";

        if (Count == _bindings.Length) Grow(text);
        var index = Count++;
        if (Count > _peak) _peak = Count;
        ref var binding = ref _bindings[index];
        binding = new Binding { Declaration = declaration, PrefixLength = prefix.Length, Stamp = Stamp - 1 };
        if (prefix.IsEmpty)
        {
            binding.Next = Default;
            Default = index;
        }
        else if (_buckets is not null)
        {
            Link(text, index);
        }
        else if (Count > SearchLimit)
        {
            BuildTable(text);
        }

        return null;
    }

    /// <summary>Forgets the declarations behind the first <paramref name="count"/>.</summary>
    public void Leave(int count)
    {
        while (Count > count)
        {
            ref var binding = ref _bindings[--Count];
            if (binding.PrefixLength == 0) Default = binding.Next;
            else if (_buckets is not null) _buckets[binding.Bucket] = binding.Next;
        }
    }

    /// <summary>The binding of an element's name.</summary>
    public int ResolveElement(ReadOnlySpan<byte> text, XmlName name)
    {
        if (name.IsPrefixed) return ResolvePrefix(text, name.Prefix(text));
        if (Default >= 0) _bindings[Default].Stamp = Stamp;
        return Default;
    }

    /// <summary>The binding of a prefix, or <see cref="Unbound"/>.</summary>
    public int ResolvePrefix(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix)
    {
        if (prefix.SequenceEqual("xml"u8)) return Xml;
        if (prefix.SequenceEqual("xmlns"u8)) return Xmlns;
        var isHashed = _buckets is not null;
        var index = isHashed ? _buckets![BucketOf(prefix)] : Count - 1;
        while (index >= 0)
        {
            ref var binding = ref _bindings[index];
            Comparisons++;
            if (binding.PrefixLength == prefix.Length && binding.Prefix(text).SequenceEqual(prefix))
            {
                binding.Stamp = Stamp;
                return index;
            }

            index = isHashed ? binding.Next : index - 1;
        }

        return Unbound;
    }

    /// <summary>The namespace of a binding; empty for none.</summary>
    public string NamespaceOf(ReadOnlySpan<byte> text, int index)
    {
        if (index < 0)
        {
            return index switch
            {
                Xml => Ns.Xml,
                Xmlns => Ns.Xmlns,
                _ => "",
            };
        }

        ref var binding = ref _bindings[index];
        return binding.Uri ??= binding.Declaration.Value(text);
    }

    /// <summary>The same number for bindings of the same namespace: each namespace is hashed once, however often it is compared.</summary>
    public int IdentityOf(ReadOnlySpan<byte> text, int index)
    {
        if (index < 0) return index;
        ref var binding = ref _bindings[index];
        if (binding.Identity > 0) return binding.Identity;
        _identities ??= [];
        var uri = NamespaceOf(text, index);
        if (!_identities.TryGetValue(uri, out var identity)) _identities.Add(uri, identity = _identities.Count + 1);
        binding.Identity = identity;
        return identity;
    }

    public readonly XmlAttribute DeclarationOf(int index) => _bindings[index].Declaration;

    /// <summary>Whether a lookup has found the binding since <see cref="Stamp"/> took its present value.</summary>
    public readonly bool IsUsed(int index) => _bindings[index].Stamp == Stamp;

    /// <summary>Counts as a lookup: <see cref="IsUsed"/> is true from here on.</summary>
    public readonly void Use(int index)
    {
        if (index >= 0) _bindings[index].Stamp = Stamp;
    }

    public void Dispose()
    {
        // The pool must not keep the strings of this document alive.
        Array.Clear(_bindings, 0, _peak);
        ArrayPool<Binding>.Shared.Return(_bindings);
        _bindings = [];
        _peak = 0;
    }

    private static bool Is(ReadOnlySpan<byte> text, in XmlAttribute declaration, string ns)
    {
        if (!declaration.IsPlain) return declaration.Value(text) == ns;
        if (declaration.ValueLength != ns.Length) return false;
        var value = declaration.RawValue(text);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != ns[i]) return false;
        }

        return true;
    }

    private void Grow(ReadOnlySpan<byte> text)
    {
        var larger = ArrayPool<Binding>.Shared.Rent(_bindings.Length * 2);
        Array.Copy(_bindings, larger, Count);
        Array.Clear(_bindings, 0, _peak);
        ArrayPool<Binding>.Shared.Return(_bindings);
        _bindings = larger;
        _peak = Count;
        BuildTable(text);
    }

    private void BuildTable(ReadOnlySpan<byte> text)
    {
        _buckets = new int[_bindings.Length];
        Array.Fill(_buckets, None);
        // In their order, so that an inner declaration stands before the one it shadows, and leaves before it.
        for (var i = 0; i < Count; i++)
        {
            if (_bindings[i].PrefixLength > 0) Link(text, i);
        }
    }

    private readonly void Link(ReadOnlySpan<byte> text, int index)
    {
        ref var binding = ref _bindings[index];
        binding.Bucket = BucketOf(binding.Prefix(text));
        binding.Next = _buckets![binding.Bucket];
        _buckets[binding.Bucket] = index;
    }

    private readonly int BucketOf(ReadOnlySpan<byte> prefix)
    {
        var hash = new HashCode();
        hash.AddBytes(prefix);
        return (int)((uint)hash.ToHashCode() % (uint)_buckets!.Length);
    }

    private struct Binding
    {
        public XmlAttribute Declaration;
        public int PrefixLength;
        public string? Uri;
        public int Identity;
        public int Stamp;

        /// <summary>For a default namespace the one it shadows, for a prefix the next in its bucket.</summary>
        public int Next;
        public int Bucket;

        public readonly ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text) => Declaration.Name.Local(text);
    }
}

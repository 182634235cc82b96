namespace OrleansBosh.Load.Http;

/// <summary>How the server told where the entity of its answer ends.</summary>
public enum HttpFraming
{
    /// <summary>The status or the method allows no entity.</summary>
    None,

    /// <summary>By <c>Content-Length</c>, the only framing that every BOSH client can read (B-HTTP-06).</summary>
    ContentLength,

    /// <summary>By the chunked coding: read, but recorded, because gloox and libpurple 2 cannot read it.</summary>
    Chunked,

    /// <summary>By closing the connection.</summary>
    UntilClose,
}

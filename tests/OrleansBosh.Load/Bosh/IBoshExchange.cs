namespace OrleansBosh.Load.Bosh;

/// <summary>Sends the next request of a session and awaits its answer: all that the negotiation needs.</summary>
internal interface IBoshExchange
{
    Task<BoshAnswer> ExchangeAsync(
        IEnumerable<(string Name, string? Value)> attributes, IEnumerable<string> payload, CancellationToken cancellation);
}

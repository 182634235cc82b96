using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.Playwright;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>What a page asks the nodes for, in order, from the moment at which this is made.</summary>
internal sealed class PageTraffic
{
    private readonly ConcurrentQueue<IRequest> _requests = new();

    public PageTraffic(IPage page) => page.Request += (_, request) => _requests.Enqueue(request);

    /// <summary>The BOSH requests.</summary>
    public IReadOnlyList<BoshPost> Posts =>
    [
        .. _requests.Where(request => request.Method == "POST").Select(request => new BoshPost(new(request.Url), XElement.Parse(request.PostData!), request)),
    ];

    /// <summary>Whether a list of nodes was asked for before the first BOSH request.</summary>
    public bool BeganWithList => _requests.TakeWhile(request => request.Method != "POST").Any(request => new Uri(request.Url).AbsolutePath == "/nodes");
}

/// <summary>A BOSH request of a page.</summary>
internal sealed record BoshPost(Uri Node, XElement Body, IRequest Request)
{
    public bool IsCreation => Body.Attribute("sid") is null;

    public async Task<XElement> AnswerAsync() => XElement.Parse(await (await Request.ResponseAsync())!.TextAsync());
}

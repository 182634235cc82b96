using Microsoft.Playwright;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>
/// What the page says about its link, each change with its time. A look now and then could miss a short moment, or take the moment before
/// the page noticed anything for the one after.
/// </summary>
internal sealed class LinkLog(IPage page)
{
    private const string Start = """
        () => {
          window.linkLog = [];
          const node = document.getElementById('node-name');
          const look = () => window.linkLog.push({ at: Date.now(), link: document.body.dataset.link, node: node.textContent });
          const observer = new MutationObserver(look);
          observer.observe(document.body, { attributeFilter: ['data-link'] });
          observer.observe(node, { childList: true, characterData: true, subtree: true });
        }
        """;

    private const string Find = """
        (node) => {
          const lost = window.linkLog.findIndex((entry) => entry.link === 'down');
          return lost >= 0 && window.linkLog.slice(lost).find((entry) => entry.link === 'up' && entry.node === node);
        }
        """;

    public Task StartAsync() => page.EvaluateAsync(Start);

    /// <summary>Waits until the page, after it lost its link, says that it is connected through this node; when that was.</summary>
    public async Task<DateTimeOffset> WaitUntilBackAtAsync(string node, TimeSpan limit)
    {
        var entry = await page.WaitForFunctionAsync(Find, node, new() { Timeout = (float)limit.TotalMilliseconds });
        return DateTimeOffset.FromUnixTimeMilliseconds(await entry.EvaluateAsync<long>("(entry) => entry.at"));
    }

    /// <summary>For a person who reads why a test failed.</summary>
    public Task<string> ReadAsync() => page.EvaluateAsync<string>("JSON.stringify(window.linkLog)");
}

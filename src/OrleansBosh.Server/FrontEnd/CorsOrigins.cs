using Microsoft.Net.Http.Headers;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// Which pages may use the BOSH resource (B-HTTP-04). Never with credentials: BOSH knows no cookies, and a client that follows <c>host</c>
/// crosses origins all the time.
/// </summary>
/// <param name="origins">Origins as browsers write them; null for any.</param>
public sealed class CorsOrigins(IReadOnlyCollection<string>? origins)
{
    internal void AddHeaders(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (origins is null)
        {
            headers.AccessControlAllowOrigin = "*";
            return;
        }

        // The answer depends on who asks, so no cache may give it to somebody else.
        headers.Vary = HeaderNames.Origin;
        var origin = context.Request.Headers.Origin.ToString();
        if (origins.Contains(origin, StringComparer.OrdinalIgnoreCase)) headers.AccessControlAllowOrigin = origin;
    }
}

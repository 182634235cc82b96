using OrleansBosh.Cluster.Nodes;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>
/// For supervisors and balancers: the process lives; this node serves clients. PostgreSQL has no part in it, because a cluster works on
/// without it for a while, and a balancer that took every node away would make an outage of that.
/// </summary>
internal static class Health
{
    public const string LivePath = "/health/live";
    public const string ReadyPath = "/health/ready";

    public static void MapHealth(this IEndpointRouteBuilder app, INodeDirectory nodes)
    {
        app.MapGet(LivePath, static context => AnswerAsync(context, true, "live\n"));
        app.MapGet(ReadyPath, context => nodes.IsServing ? AnswerAsync(context, true, "ready\n") : AnswerAsync(context, false, "not ready\n"));

        static Task AnswerAsync(HttpContext context, bool isGood, string text)
        {
            HttpAnswer.AddCommonHeaders(context.Response);
            return HttpAnswer.WriteTextAsync(context, isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, text);
        }
    }
}

using System.Text;
using Microsoft.Net.Http.Headers;
using OrleansBosh.Protocol.Bosh;

namespace OrleansBosh.Server.FrontEnd;

/// <summary>Writes answers: always with Content-Length and never chunked, because gloox and libpurple 2 cannot read chunks (B-HTTP-06).</summary>
internal static class HttpAnswer
{
    private const string AllowedMethods = "GET, HEAD, OPTIONS, POST";

    /// <summary>Headers of every answer (B-HTTP-11).</summary>
    public static void AddCommonHeaders(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
    }

    public static Task WriteAsync(HttpContext context, BoshAnswer answer, bool mayCompress = false)
    {
        var response = context.Response;
        var entity = answer.Entity;
        if (mayCompress)
        {
            response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
            if (AnswerCompression.ChooseCoding(context.Request.Headers, entity.Length) is { } coding)
            {
                entity = AnswerCompression.Compress(coding, entity);
                response.Headers.ContentEncoding = coding;
            }
        }

        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = entity.Length;
        return response.Body.WriteAsync(entity, context.RequestAborted).AsTask();
    }

    public static Task WriteTextAsync(HttpContext context, int status, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>A browser asks first, since <c>text/xml</c> is no simple content type (B-HTTP-03).</summary>
    public static Task WritePreflightAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Allow = AllowedMethods;
        headers.AccessControlAllowMethods = "POST, OPTIONS";
        headers.AccessControlAllowHeaders = "Content-Type, Content-Encoding, X-Requested-With";
        headers.AccessControlMaxAge = "86400";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public static Task WriteMethodNotAllowedAsync(HttpContext context)
    {
        context.Response.Headers.Allow = AllowedMethods;
        return WriteTextAsync(context, StatusCodes.Status405MethodNotAllowed, "BOSH uses POST.\n");
    }
}

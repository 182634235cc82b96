using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansBosh.Load.Bench;

/// <summary>
/// What cannot be undercut: Kestrel that reads a POST and answers with as many bytes as the answer to a ping has, in a process of its own
/// with the garbage collector that web applications have.
/// </summary>
internal sealed class KestrelFloor : IAsyncDisposable
{
    private const string ReadyLine = "serving";
    private const int AnswerBytes = 300;

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private KestrelFloor(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public int Id => _process.Id;

    public static async Task<KestrelFloor> StartAsync(CancellationToken cancellation)
    {
        var url = new Uri($"http://127.0.0.1:{LoopbackPorts.FindFree()}/http-bind");
        var start = new ProcessStartInfo("dotnet", [typeof(KestrelFloor).Assembly.Location, "floor", url.GetLeftPart(UriPartial.Authority)])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["DOTNET_gcServer"] = "1";
        var floor = new KestrelFloor(Process.Start(start)!, url);
        try
        {
            var line = await floor._process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(ReadyLimit, cancellation);
            return line == ReadyLine ? floor : throw new InvalidOperationException($"The bare Kestrel did not start: {line ?? "it ended"}.");
        }
        catch
        {
            await floor.DisposeAsync();
            throw;
        }
    }

    /// <summary>The process itself: serves until its input ends.</summary>
    public static async Task<int> ServeAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        await using var app = builder.Build();
        var answer = new byte[AnswerBytes];
        answer.AsSpan().Fill((byte)'x');
        app.MapPost("/http-bind", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentLength = answer.Length;
            context.Response.ContentType = "text/xml; charset=utf-8";
            await context.Response.Body.WriteAsync(answer);
        });
        await app.StartAsync();
        Console.WriteLine(ReadyLine);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}

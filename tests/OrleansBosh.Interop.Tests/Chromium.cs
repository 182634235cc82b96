using System.Collections;
using System.Diagnostics;
using Microsoft.Playwright;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests;

/// <summary>A headless Chromium; each person gets a browser context of their own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    /// <summary>Two browsers and a server share the cores of the smallest build machine.</summary>
    private const int LimitMs = 20_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly DirectoryInfo _home;

    private Chromium(IPlaywright playwright, IBrowser browser, DirectoryInfo home)
    {
        _playwright = playwright;
        _browser = browser;
        _home = home;
    }

    /// <summary>Debian's package, so that Playwright need not download a browser of its own.</summary>
    private static string Executable => Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    /// <param name="authority">Trusted besides the public ones.</param>
    /// <param name="hosts">IP addresses of names that no DNS knows.</param>
    public static async Task<Chromium> StartAsync(TestAuthority? authority = null, IReadOnlyDictionary<string, string>? hosts = null)
    {
        Assertions.SetDefaultExpectTimeout(LimitMs);
        var home = Directory.CreateTempSubdirectory("orleans-bosh-chromium-");
        IPlaywright? playwright = null;
        try
        {
            if (authority is not null) await TrustAsync(authority, home);
            playwright = await Playwright.CreateAsync();
            var browser = await playwright.Chromium.LaunchAsync(new()
            {
                ExecutablePath = Executable,
                Args =
                [
                    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync",
                    .. hosts is null ? Array.Empty<string>() : [$"--host-resolver-rules={string.Join(',', hosts.Select(host => $"MAP {host.Key} {host.Value}"))}"],
                ],
                Env = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                    .Select(entry => KeyValuePair.Create((string)entry.Key, (string)entry.Value!))
                    .Where(entry => entry.Key != "HOME"), KeyValuePair.Create("HOME", home.FullName)],
            });
            return new(playwright, browser, home);
        }
        catch
        {
            playwright?.Dispose();
            home.Delete(recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        _home.Delete(recursive: true);
    }

    /// <summary>A browser window of a person who has never been here; it is still empty.</summary>
    /// <param name="origin">Where the page comes from.</param>
    /// <param name="others">What else the page may ask.</param>
    /// <param name="colors">The colours that the person likes.</param>
    /// <param name="width">Of the window.</param>
    /// <param name="height">Of the window.</param>
    public async Task<Visitor> OpenAsync(
        Uri origin, IEnumerable<Uri>? others = null, ColorScheme colors = ColorScheme.Light, int width = 1100, int height = 720)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = origin.ToString(),
            ColorScheme = colors,
            Locale = "en-GB",
            ViewportSize = new() { Width = width, Height = height },
        });
        context.SetDefaultTimeout(LimitMs);
        return new(await context.NewPageAsync(), [origin, .. others ?? []]);
    }

    /// <summary>Where Chromium looks for authorities on Linux: the NSS database of its user.</summary>
    private static async Task TrustAsync(TestAuthority authority, DirectoryInfo home)
    {
        var database = $"sql:{home.CreateSubdirectory(".pki/nssdb").FullName}";
        var certificate = Path.Combine(home.FullName, "authority.pem");
        await File.WriteAllTextAsync(certificate, authority.CertificatePem);
        await RunCertutilAsync("-d", database, "-N", "--empty-password");
        await RunCertutilAsync("-d", database, "-A", "-n", "test", "-t", "C,,", "-i", certificate);
    }

    private static async Task RunCertutilAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("certutil", arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"certutil {string.Join(' ', arguments)}: {error}");
    }
}

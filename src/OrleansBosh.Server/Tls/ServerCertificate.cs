using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using OrleansBosh.Server.Options;

namespace OrleansBosh.Server.Tls;

/// <summary>
/// The certificate of the https addresses, read again when its file changes, so that a renewal needs no restart. A file that cannot be
/// read then leaves the old certificate in use, with a warning.
/// </summary>
internal sealed partial class ServerCertificate
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly string? _keyFile;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _reload = new();
    private SslStreamCertificateContext _current;
    private DateTime _written;
    private long _checkedAt;

    /// <param name="file">PEM with the chain, leaf first, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>) without password.</param>
    /// <param name="keyFile">PEM with the private key; null when it stands in <paramref name="file"/>.</param>
    /// <param name="time">For the distance between two looks at the file.</param>
    /// <param name="logger">Gets a line for each reload.</param>
    /// <exception cref="OptionsException">The certificate cannot be read now.</exception>
    public ServerCertificate(string file, string? keyFile, TimeProvider time, ILogger logger)
    {
        (_file, _keyFile, _time, _logger) = (file, keyFile, time, logger);
        try
        {
            _written = LastWritten();
            _current = Load();
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            throw OptionsReader.Wrong(nameof(BoshOptions.CertificateFile), file, $"cannot be read: {exception.Message}");
        }

        _checkedAt = time.GetTimestamp();
    }

    /// <summary>The certificate to use now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            if (_time.GetElapsedTime(Volatile.Read(ref _checkedAt)) >= CheckEvery) ReloadIfChanged();
            return Volatile.Read(ref _current);
        }
    }

    /// <summary>How Kestrel uses it.</summary>
    public TlsHandshakeCallbackOptions ToHandshakeOptions() => new()
    {
        OnConnection = _ => new(new SslServerAuthenticationOptions { ServerCertificateContext = Current }),
    };

    private void ReloadIfChanged()
    {
        lock (_reload)
        {
            if (_time.GetElapsedTime(_checkedAt) < CheckEvery) return;
            Volatile.Write(ref _checkedAt, _time.GetTimestamp());
            try
            {
                var written = LastWritten();
                if (written == _written) return;
                Volatile.Write(ref _current, Load());
                _written = written;
                LogReloaded(_file);
            }
            catch (Exception exception) when (IsUnreadable(exception))
            {
                // Half written, or certificate and key of two different times: the next look may find both whole.
                LogNotReloaded(_file, exception.Message);
            }
        }
    }

    private DateTime LastWritten()
    {
        var written = File.GetLastWriteTimeUtc(_file);
        return _keyFile is not null && File.GetLastWriteTimeUtc(_keyFile) is var key && key > written ? key : written;
    }

    private SslStreamCertificateContext Load()
    {
        if (Path.GetExtension(_file) is ".pfx" or ".p12")
        {
            var store = X509CertificateLoader.LoadPkcs12CollectionFromFile(_file, null);
            var leaf = store.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("it holds no private key");
            return SslStreamCertificateContext.Create(leaf, store, offline: true);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_file);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(_file, _keyFile ?? _file), chain, offline: true);
    }

    private static bool IsUnreadable(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(210, LogLevel.Information, "The certificate {File} was read again.", EventName = nameof(ReloadIfChanged))]
    private partial void LogReloaded(string file);

    [LoggerMessage(211, LogLevel.Warning, "The certificate {File} has changed and cannot be read ({Reason}); the old one stays in use.", EventName = "NotReloaded")]
    private partial void LogNotReloaded(string file, string reason);
}

using System.Diagnostics;

namespace OrleansBosh.Load.Peers;

/// <summary>Prosody. A virtual host has one kind of authentication, so guests and accounts have a domain each.</summary>
internal sealed record ProsodyPeer() : Peer("prosody")
{
    public override string AccountDomain => "accounts.localhost";

    internal override ProcessStartInfo Prepare(string folder, int port, PeerSettings settings)
    {
        var configuration = Path.Combine(folder, "prosody.cfg.lua");
        File.WriteAllText(configuration, Configuration(folder, port, settings));
        Directory.CreateDirectory(Path.Combine(folder, "certs"));
        // The format of its file storage; it hashes the password at the first login.
        var host = AccountDomain.Replace(".", "%2e", StringComparison.Ordinal);
        var accounts = Directory.CreateDirectory(Path.Combine(folder, "data", host, "accounts"));
        foreach (var (name, password) in settings.Accounts)
            File.WriteAllText(Path.Combine(accounts.FullName, $"{name}.dat"), $$"""return { ["password"] = "{{password}}" };""");
        return new("prosody", ["-F", "--config", configuration]);
    }

    private string Configuration(string folder, int port, PeerSettings settings) =>
        $$"""
        run_as_root = true -- only if that is who starts it
        data_path = "{{folder}}/data"
        pidfile = "{{folder}}/prosody.pid"
        certificates = "{{folder}}/certs"
        log = { warn = "*console" }
        c2s_ports = {}
        c2s_direct_tls_ports = {}
        s2s_ports = {}
        https_ports = {}
        http_ports = { {{port}} }
        http_interfaces = { "127.0.0.1" }
        http_default_host = "{{GuestDomain}}"
        modules_enabled = { "roster", "saslauth", "disco", "ping", "offline", "bosh" }
        modules_disabled = { "s2s" }
        consider_bosh_secure = true
        allow_unencrypted_plain_auth = true
        bosh_max_wait = {{Seconds(settings.MaxWait)}}
        bosh_max_inactivity = {{Seconds(settings.Inactivity)}}
        bosh_max_polling = {{Seconds(settings.Polling)}}
        {{settings.Further}}
        VirtualHost "{{GuestDomain}}"
            authentication = "anonymous"
        VirtualHost "{{AccountDomain}}"
            authentication = "internal_hashed"
        """;
}

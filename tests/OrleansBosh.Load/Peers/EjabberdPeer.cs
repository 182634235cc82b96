using System.Diagnostics;

namespace OrleansBosh.Load.Peers;

/// <summary>
/// ejabberd, without its control script: that one wants the user and the folders of the package. The Erlang node has no name, so it needs
/// no epmd, and several may run beside each other.
/// </summary>
internal sealed record EjabberdPeer() : Peer("ejabberd")
{
    public override string AccountDomain => GuestDomain;

    internal override ProcessStartInfo Prepare(string folder, int port, PeerSettings settings)
    {
        var configuration = Path.Combine(folder, "ejabberd.yml");
        File.WriteAllText(configuration, Configuration(port, settings));
        var start = new ProcessStartInfo("erl", ["-noinput", "+K", "true", "-mnesia", "dir", $"\"{folder}/data\"", "-s", "ejabberd"]);
        foreach (var (name, password) in settings.Accounts)
        {
            start.ArgumentList.Add("-eval");
            start.ArgumentList.Add($"ok = ejabberd_auth:try_register(<<\"{name}\">>, <<\"{AccountDomain}\">>, <<\"{password}\">>).");
        }

        start.Environment["EJABBERD_CONFIG_PATH"] = configuration;
        start.Environment["EJABBERD_LOG_PATH"] = Path.Combine(folder, "ejabberd.log");
        start.Environment["ERL_LIBS"] = LibraryFolder();
        start.Environment["ERL_CRASH_DUMP_SECONDS"] = "0";
        // Where Erlang keeps its cookie.
        start.Environment["HOME"] = folder;
        return start;
    }

    /// <summary>Debian's folder of libraries for this machine, which holds <c>ejabberd-VERSION</c>.</summary>
    private static string LibraryFolder() =>
        Directory.EnumerateDirectories("/usr/lib", "*-linux-gnu*")
            .FirstOrDefault(folder => Directory.EnumerateDirectories(folder, "ejabberd-*").Any())
        ?? throw new DirectoryNotFoundException("/usr/lib has no folder with ejabberd: its package is not installed.");

    // `polling` (2 s) and the longest wait (300 s) are fixed in its mod_bosh. The backlog is that of Kestrel: many sessions come at once.
    private string Configuration(int port, PeerSettings settings) =>
        $"""
        hosts: [{GuestDomain}]
        {settings.Further}
        loglevel: warning
        auth_method: [internal, anonymous]
        auth_password_format: scram
        anonymous_protocol: sasl_anon
        listen:
          -
            port: {port}
            ip: "127.0.0.1"
            backlog: 512
            module: ejabberd_http
            request_handlers:
              /http-bind: mod_bosh
        modules:
          mod_bosh:
            max_inactivity: {Seconds(settings.Inactivity)}
            max_pause: {Seconds(settings.MaxPause)}
          mod_roster: {"{}"}
          mod_disco: {"{}"}
          mod_ping: {"{}"}
          mod_offline: {"{}"}
        """;
}

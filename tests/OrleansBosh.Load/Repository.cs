namespace OrleansBosh.Load;

/// <summary>The checkout that this program was built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The server of the same build configuration.</summary>
    public static string ServerAssembly { get; } = FindServer();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansBosh.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"OrleansBosh.sln is not above {AppContext.BaseDirectory}.");
    }

    private static string FindServer()
    {
        // …/bin/Release/net10.0/ of one project beside …/bin/Release/net10.0/ of the other.
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = framework.Parent ?? throw new DirectoryNotFoundException(AppContext.BaseDirectory);
        return Path.Combine(Root, "src", "OrleansBosh.Server", "bin", configuration.Name, framework.Name, "OrleansBosh.Server.dll");
    }
}

using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests.Clients;

/// <summary>The programs in C and C++ in <c>native</c>, each around one client library.</summary>
public static class NativeProgram
{
    /// <summary>Compiles it if it has changed, and returns its path.</summary>
    /// <param name="source">The file's name.</param>
    /// <param name="library">As pkg-config knows it.</param>
    /// <param name="command">The compiler and its options.</param>
    public static async Task<string> CompileAsync(string source, string library, params string[] command)
    {
        var file = Path.Combine(Repository.Root, "tests", "OrleansBosh.Interop.Tests", "native", source);
        var program = Path.Combine(AppContext.BaseDirectory, Path.GetFileNameWithoutExtension(source));
        if (File.GetLastWriteTimeUtc(program) > File.GetLastWriteTimeUtc(file)) return program;
        var flags = await RunAsync(library, "pkg-config", "--cflags", "--libs", library);
        var words = flags.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        await RunAsync(library, command[0], [.. command[1..], "-o", program, file, .. words]);
        return program;
    }

    private static async Task<string> RunAsync(string library, string program, params string[] arguments)
    {
        var (exitCode, output, errors) = await ClientProgram.ExecuteAsync(program, arguments);
        Assert.True(exitCode == 0, $"Is Debian's package of {library} installed (test.sh does)?\n{output}{errors}");
        return output;
    }
}

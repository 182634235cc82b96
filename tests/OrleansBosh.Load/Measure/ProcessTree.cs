using System.Globalization;
using System.Runtime.Versioning;

namespace OrleansBosh.Load.Measure;

/// <summary>What processes, their children included, have used up so far.</summary>
/// <param name="Cpu">User and system time.</param>
/// <param name="ResidentBytes">Resident memory; pages that processes share count in each.</param>
internal readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes);

/// <summary>
/// Servers by the ids of their processes, whoever started them: an Erlang node or a worker pool has children, and their time counts as well.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcessTree(IReadOnlyCollection<int> roots)
{
    /// <summary>USER_HZ, part of the kernel's interface to programs; the kernel scales the ticks to the time that it measured exactly.</summary>
    private const int TicksPerSecond = 100;

    private static readonly long PageBytes = Environment.SystemPageSize;

    /// <exception cref="InvalidOperationException">One of the processes is gone: what it had used is lost.</exception>
    public ProcessUsage Read()
    {
        var processes = ReadAll();
        if (roots.FirstOrDefault(root => !processes.ContainsKey(root)) is var gone and not 0)
            throw new InvalidOperationException($"The server's process {gone} does not exist.");
        var children = processes.Values.ToLookup(process => process.Parent);
        var (ticks, pages) = (0L, 0L);
        var open = new Stack<Stat>(roots.Select(root => processes[root]));
        var seen = new HashSet<int>();
        while (open.TryPop(out var process))
        {
            // A root may be the child of another.
            if (!seen.Add(process.Id)) continue;
            ticks += process.Ticks;
            pages += process.Pages;
            foreach (var child in children[process.Id]) open.Push(child);
        }

        return new(TimeSpan.FromSeconds((double)ticks / TicksPerSecond), pages * PageBytes);
    }

    private static Dictionary<int, Stat> ReadAll()
    {
        var all = new Dictionary<int, Stat>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                all[id] = Parse(id, File.ReadAllText($"{folder}/stat"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended between the listing and the reading; its parent has its time from then on.
            }
        }

        return all;
    }

    // proc(5): pid (comm) state ppid … utime(14) stime(15) cutime(16) cstime(17) … rss(24). The name may hold blanks and parentheses.
    private static Stat Parse(int id, string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new(id, (int)Field(4), Field(14) + Field(15) + Field(16) + Field(17), Field(24));

        long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
    }

    /// <param name="Id">Of the process.</param>
    /// <param name="Parent">Id of its parent.</param>
    /// <param name="Ticks">Its own and those of its children that have ended.</param>
    /// <param name="Pages">Resident.</param>
    private sealed record Stat(int Id, int Parent, long Ticks, long Pages);
}

using System.Globalization;

namespace OrleansBosh.Interop.Tests.Cluster;

/// <summary>Processes and what they started, as Linux lists them.</summary>
internal static class ProcessTree
{
    public static List<int> DescendantsOf(int process)
    {
        var parents = new DirectoryInfo("/proc").EnumerateDirectories()
            .Select(folder => int.TryParse(folder.Name, out var id) ? (Id: id, Parent: ParentOf(id)) : (Id: 0, Parent: null))
            .Where(pair => pair.Parent is not null)
            .ToLookup(pair => pair.Parent!.Value, pair => pair.Id);
        var found = new List<int>(parents[process]);
        for (var i = 0; i < found.Count; i++) found.AddRange(parents[found[i]]);
        return found;
    }

    /// <summary>One that has ended and that nobody has asked about runs no more, even if it is listed.</summary>
    public static bool IsRunning(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    public static string Describe(int process)
    {
        try
        {
            return $"{process}: {File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ')}";
        }
        catch (IOException)
        {
            return $"{process}: gone since it was listed";
        }
    }

    private static int? ParentOf(int process)
    {
        try
        {
            // "id (name) state parent …", and a name may hold anything.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // gone since it was listed
        }
    }
}

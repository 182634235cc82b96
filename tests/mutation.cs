// Writes the scores of a mutation run into the table of all files; the lines of files that were not part of the run stay.
// Usage (mutate.sh does it): dotnet run tests/mutation.cs -- REPORT.json TABLE.tsv NAME…
using System.Globalization;
using System.Text.Json;

using var report = JsonDocument.Parse(File.ReadAllText(args[0]));
var scores = new SortedDictionary<string, string>(StringComparer.Ordinal);
if (File.Exists(args[1]))
{
    foreach (var line in File.ReadLines(args[1]))
    {
        var cells = line.Split('\t');
        scores[cells[0]] = cells[1];
    }
}

foreach (var file in report.RootElement.GetProperty("files").EnumerateObject())
{
    var name = Path.GetFileNameWithoutExtension(file.Name);
    if (!args.Skip(2).Contains(name)) continue;
    scores[name] = ScoreOf(file.Value).ToString("0.0", CultureInfo.InvariantCulture);
    Console.WriteLine($"{name}: {scores[name]} %");
}

File.WriteAllLines(args[1], scores.Select(score => $"{score.Key}\t{score.Value}"));

// As Stryker reckons: of the mutants that compile and are not ignored, those that a test noticed.
static double ScoreOf(JsonElement file)
{
    var statuses = file.GetProperty("mutants").EnumerateArray().Select(mutant => mutant.GetProperty("status").GetString()).ToArray();
    var noticed = statuses.Count(status => status is "Killed" or "Timeout");
    var missed = statuses.Count(status => status is "Survived" or "NoCoverage");
    return 100.0 * noticed / Math.Max(1, noticed + missed);
}

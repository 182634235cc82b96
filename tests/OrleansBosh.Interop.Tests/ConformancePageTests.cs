using System.Diagnostics;
using OrleansBosh.Load;

namespace OrleansBosh.Interop.Tests;

/// <summary>The gate of the conformance page: runs tests/conformance.cs on a repository and results made up for it.</summary>
public sealed class ConformancePageTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("orleans-bosh-conformance-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_MUST_row_is_proven_by_a_passing_test_or_by_one_that_shows_that_it_is_not_offered()
    {
        Write("tests/catalogue.tsv", "B-A-01\tMUST\tfirst\nB-A-02\tMUST\tsecond\nB-A-03\tSHOULD\tthird\n");
        WriteTests(("Rule", "B-A-01", "One", "Passed"), ("NotOffered", "B-A-02", "Two", "Passed"));
        var (exitCode, _) = await RunAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("| B-A-01 | MUST | first | passed | ✓ |", Page, StringComparison.Ordinal);
        Assert.Contains("| B-A-02 | MUST | second | not offered | ✓ |", Page, StringComparison.Ordinal);
        // A SHOULD without proof shows as a gap, and stops nobody.
        Assert.Contains("| B-A-03 | SHOULD | third | gap |", Page, StringComparison.Ordinal);
        Assert.Contains("[One](../tests/Some.Tests/SomeTests.cs)", Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_MUST_row_without_proof_fails_the_run_and_is_named()
    {
        Write("tests/catalogue.tsv", string.Concat(Enumerable.Range(1, 5).Select(i => $"B-A-0{i}\tMUST\trule\n")));
        WriteTests(
            ("Rule", "B-A-01", "One", "Passed"),
            ("Rule", "B-A-02", "Two", "Failed"),
            ("Rule", "B-A-03", "Three", "NotExecuted"),
            ("NotOffered", "B-A-04", "Four", "Failed"),
            ("Rule", "B-A-99", "Five", "Passed"));
        var (exitCode, errors) = await RunAsync();
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("B-A-01", errors, StringComparison.Ordinal);
        Assert.Contains("B-A-02 is a MUST and has no proof: failed", errors, StringComparison.Ordinal);
        Assert.Contains("B-A-03 is a MUST and has no proof: gap", errors, StringComparison.Ordinal);
        Assert.Contains("B-A-04 is a MUST and has no proof: failed", errors, StringComparison.Ordinal);
        Assert.Contains("B-A-05 is a MUST and has no proof: gap", errors, StringComparison.Ordinal);
        Assert.Contains("B-A-99, which is no row", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peers_and_mutation_scores_stand_on_the_page_when_there_are_any()
    {
        Write("tests/catalogue.tsv", "B-A-01\tMAY\tfirst\nB-A-02\tMAY\tsecond\n");
        Write("tests/peers.tsv", "rule\tprosody\tejabberd\nB-A-01\tpassed\tfailed\n");
        Write("tests/mutation.tsv", "file\tscore\nRidWindow\t100 %\n");
        WriteTests();
        Assert.Equal(0, (await RunAsync()).ExitCode);
        Assert.Contains("| B-A-01 | MAY | first | gap |  |  |  | passed | failed |", Page, StringComparison.Ordinal);
        Assert.Contains("| B-A-02 | MAY | second | gap |  |  |  | – | – |", Page, StringComparison.Ordinal);
        Assert.Contains("| RidWindow | 100 % |", Page, StringComparison.Ordinal);
        Assert.Equal(2, Page.Split("| file | score |").Length);
    }

    private string Page => File.ReadAllText(Path.Combine(_root.FullName, "docs", "conformance.md"));

    private void Write(string path, string text)
    {
        var file = new FileInfo(Path.Combine(_root.FullName, path));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
    }

    /// <summary>A source file with these tests, and the log of a run of them.</summary>
    private void WriteTests(params (string Trait, string Row, string Name, string Outcome)[] tests)
    {
        var methods = tests.Select(test => $"    [Trait(\"{test.Trait}\", \"{test.Row}\")]\n    public void {test.Name}()\n");
        Write("tests/Some.Tests/SomeTests.cs", $"namespace Some.Tests;\n\npublic class SomeTests\n{{\n{string.Join('\n', methods)}}}\n");
        var definitions = tests.Select(test =>
            $"<UnitTest id='{test.Name}'><TestMethod className='Some.Tests.SomeTests' name='{test.Name}'/></UnitTest>");
        var results = tests.Select(test => $"<UnitTestResult testId='{test.Name}' outcome='{test.Outcome}'/>");
        Write(
            "artifacts/test-results/Some.Tests.trx",
            $"<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>{string.Concat(definitions)}{string.Concat(results)}</TestRun>");
    }

    private async Task<(int ExitCode, string Errors)> RunAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["run", Path.Combine(Repository.Root, "tests", "conformance.cs"), "--", _root.FullName])
            start.ArgumentList.Add(argument);
        using var run = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var output = run.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = await run.StandardError.ReadToEndAsync(limit.Token);
        await run.WaitForExitAsync(limit.Token);
        // A program that does not even start has written its reason to the other stream.
        Assert.Contains("Conformance:", await output, StringComparison.Ordinal);
        return (run.ExitCode, errors);
    }
}

using OrleansBosh.Protocol.Tests.Xml;
using Xunit.Abstractions;

namespace OrleansBosh.Protocol.Tests.Fuzz;

/// <summary>Whole sessions of entities that want to hurt reader and engine.</summary>
public sealed class SessionFuzzTests(ITestOutputHelper output)
{
    private const int Entropy = 6_000;

    [Fact]
    [Trait("Rule", "B-XML-06")]
    public void Every_answer_of_a_session_under_attack_is_one_well_formed_body()
    {
        var answers = 0;
        var ends = 0;
        var sessions = 0;
        FuzzRun.Play(output, Entropy, choices =>
        {
            if (Play(choices, 120) is not { } session) return;
            session.Finish();
            sessions++;
            answers += session.Answers;
            ends += session.Ends.Count;
        });

        output.WriteLine($"{sessions} sessions, {answers} answers, {ends} of them say that the session has ended");
        Assert.True(answers - ends > sessions, "The entities are so bad that nothing is tried.");
    }

    [Fact]
    [Trait("Rule", "B-COND-05")]
    public void A_broken_backend_is_told_as_internal_server_error_whatever_came_before()
    {
        var told = 0;
        FuzzRun.Play(output, Entropy, choices =>
        {
            if (Play(choices, 20) is not { IsEnding: false } session) return;
            session.FailBackend();
            // Nobody need be there, and something may be left to fetch first; but nobody is told anything else.
            Assert.All(session.Ends, condition => Assert.Equal("internal-server-error", condition));
            told += session.Ends.Count;
            Assert.True(session.IsEnding);
            session.Finish();
        });

        output.WriteLine($"told {told} times");
        Assert.NotEqual(0, told);
    }

    private static FuzzedSession? Play(Choices choices, int longest)
    {
        var session = new FuzzedSession(choices);
        if (!session.IsOpen) return null;
        for (var steps = 5 + choices.Next(longest); steps > 0; steps--)
        {
            session.Step();
            // An ended session says the same again and again: a few more steps are enough.
            if (session.IsEnding) steps = Math.Min(steps, 8);
        }

        return session;
    }
}

using CsCheck;

namespace OrleansBosh.Protocol.Tests.Bosh.Model;

/// <summary>
/// Random lives of sessions. A failure prints a seed: run the test again with it in the environment variable <c>CsCheck_Seed</c>.
/// </summary>
public sealed class SessionModelTests
{
    private static readonly Gen<ModelConfig> Configs = Gen.Select(
        Gen.OneOfConst(0, 1, 5, 10, 30), Gen.OneOfConst(0, 1, 1, 1, 2), Gen.Int[1, 3], Gen.Bool, Gen.Bool, Gen.Bool,
        (wait, hold, connections, acks, keys, isTight) => new ModelConfig(wait, hold, connections, acks, keys, isTight));

    [Fact]
    [Trait("Rule", "B-HOLD-08"), Trait("Rule", "B-RID-03"), Trait("Rule", "B-RID-04")]
    [Trait("Rule", "B-RTX-01"), Trait("Rule", "B-RTX-05"), Trait("Rule", "B-WAIT-01")]
    public void Whatever_the_network_does_everything_arrives_once_and_in_order()
    {
        // 600 sessions of 200 to 400 steps: about 180 000 steps.
        Gen.Select(Configs, Gen.UInt.Array[200, 400])
            .Sample(
                (config, steps) => Live(config, steps, model => model.Finish(saysGoodbye: steps[0] % 2 == 0)),
                iter: 600,
                threads: 1);
    }

    [Fact]
    [Trait("Rule", "B-INACT-01"), Trait("Rule", "B-INACT-04")]
    public void Whenever_a_client_falls_silent_exactly_what_it_has_not_shown_to_have_is_handed_back()
    {
        var rescued = 0;
        // 1,000 sessions of 10 to 120 steps: about 65 000 steps.
        Gen.Select(Configs, Gen.UInt.Array[10, 120])
            .Sample(
                (config, steps) => Live(config, steps, model => rescued += model.Vanish(steps[0])),
                iter: 1000,
                threads: 1);
        Assert.NotEqual(0, rescued);
    }

    private static void Live(ModelConfig config, uint[] steps, Action<SessionModel> end)
    {
        var trace = new List<string>();
        try
        {
            var model = new SessionModel(config, trace.Add);
            foreach (var step in steps) model.Step(step);
            end(model);
        }
        catch (Exception exception)
        {
            var last = string.Join('\n', trace.TakeLast(40));
            throw new InvalidOperationException($"{exception.Message}\nThe last things that happened:\n{last}", exception);
        }
    }
}

using OrleansBosh.Cluster.Sessions;
using OrleansBosh.Cluster.Users;

namespace OrleansBosh.Cluster;

/// <summary>
/// References to the two grains that stand in the way of every stanza. <c>GetGrain&lt;T&gt;</c> looks for the type of the interface by
/// reflection, each time; that was a twentieth of the cost of a message.
/// </summary>
internal static class GrainReferences
{
    public const string User = "user";
    public const string BoshSession = "bosh-session";

    private static readonly GrainType UserType = GrainType.Create(User);
    private static readonly GrainInterfaceType UserInterface = GrainInterfaceType.Create(User);
    private static readonly GrainType BoshSessionType = GrainType.Create(BoshSession);
    private static readonly GrainInterfaceType BoshSessionInterface = GrainInterfaceType.Create(BoshSession);

    /// <summary>The grain of an account.</summary>
    public static IUserGrain GetUser(this IGrainFactory grains, string bareJid) =>
        (IUserGrain)grains.GetGrain(GrainId.Create(UserType, IdSpan.Create(bareJid)), UserInterface);

    /// <summary>The grain of a session.</summary>
    public static IBoshSessionGrain GetBoshSession(this IGrainFactory grains, Guid id) =>
        (IBoshSessionGrain)grains.GetGrain(GrainId.Create(BoshSessionType, GrainIdKeyExtensions.CreateGuidKey(id)), BoshSessionInterface);
}

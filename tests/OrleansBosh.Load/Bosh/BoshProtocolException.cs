namespace OrleansBosh.Load.Bosh;

/// <summary>The server's answer breaks a rule of BOSH or of XMPP over BOSH; the message says which.</summary>
public sealed class BoshProtocolException(string message, Exception? cause = null) : Exception(message, cause);

namespace OrleansBosh.Protocol.Sasl;

/// <summary>The keys of one hash function (RFC 5802 §3); the password cannot be computed from them.</summary>
public sealed record ScramKeys(byte[] Salt, int Iterations, byte[] StoredKey, byte[] ServerKey);

/// <summary>All that is kept of a password: one set of keys for each hash that the server offers.</summary>
public sealed record ScramCredentials(ScramKeys Sha1, ScramKeys Sha256, ScramKeys Sha512);

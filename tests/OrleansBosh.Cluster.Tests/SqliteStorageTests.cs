using System.Text;
using OrleansBosh.Cluster.Storage;

namespace OrleansBosh.Cluster.Tests;

/// <summary>On real SQLite files.</summary>
public sealed class SqliteStorageTests : StorageTests
{
    private readonly StorageFolder _folder = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete();
    }

    [Fact]
    public async Task No_file_holds_the_password()
    {
        await using (var store = await OpenAsync())
        {
            await store.AddAsync(StorageFolder.Domain, "juliet", StorageFolder.Credentials);
            AssertAbsent(); // now it is in the write-ahead log
        }

        AssertAbsent();

        void AssertAbsent()
        {
            foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_folder.File)!))
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(StorageFolder.Password)));
            }
        }
    }

    [Fact]
    public void A_stanza_blob_of_another_format_or_cut_off_is_refused()
    {
        var blob = StanzaBlob.Encode(StorageFolder.Message("hello"));
        for (var length = 0; length < blob.Length; length++) Assert.Throws<StorageException>(() => StanzaBlob.Decode(blob[..length]));
        blob[0]++;
        Assert.Throws<StorageException>(() => StanzaBlob.Decode(blob));
    }

    protected override Task<DomainStore> OpenAsync() => _folder.OpenAsync();
}

namespace UrlShortener.Tests;

public sealed class FolderLockTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    private DataFolder Folder => new(_folder.FullPath);

    [Fact]
    public void Many_share_it_and_one_has_it_alone()
    {
        using (FolderLock.Share(Folder))
        {
            using (FolderLock.Share(Folder))
            {
                AssertRefused(() => FolderLock.TakeAlone(Folder), "A server, an import or another reshard is running");
            }

            AssertRefused(() => FolderLock.TakeAlone(Folder), "A server, an import or another reshard is running");
        }

        using (FolderLock.TakeAlone(Folder))
        {
            AssertRefused(() => FolderLock.TakeAlone(Folder), "another reshard is running");
            AssertRefused(() => FolderLock.Share(Folder), "A reshard is running");
        }

        FolderLock.Share(Folder).Dispose();
    }

    [Fact]
    public void Another_failure_is_not_taken_for_a_lock()
    {
        Directory.CreateDirectory(Folder.LockPath);
        ShortenerException exception = Assert.Throws<ShortenerException>(() => FolderLock.Share(Folder));
        Assert.DoesNotContain("running", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(Func<FolderLock> take, string reason) =>
        Assert.Contains(reason, Assert.Throws<ShortenerException>(take).Message, StringComparison.Ordinal);
}

using System.Security.Cryptography;

namespace UrlShortener;

/// <summary>The shards of a data folder. The first file says how many there are, and of a reshard under way to how many;
/// each holds its own number and the folder's key, so that none is taken for another.</summary>
internal sealed class ShardSet
{
    private const string KeyName = "code-key";
    private const string NumberName = "shard";
    private const string CountName = "shards";
    private const string TargetName = "reshard-to";
    private const int KeyBytes = 32;

    private readonly DataFolder _folder;

    private ShardSet(DataFolder folder, byte[] codeKey, int count, int? target)
    {
        _folder = folder;
        CodeKey = codeKey;
        Count = count;
        Target = target;
    }

    /// <summary>Gets the key of the permutation between ids and codes: random, made with the first database and kept in
    /// it, since another key would give later ids codes that are in use.</summary>
    public byte[] CodeKey { get; }

    /// <summary>Gets the number of shards; during a reshard, the one before it.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the number of shards that a reshard under way leads to.</summary>
    public int? Target { get; private set; }

    /// <summary>Opens the shards of a folder to be used, or makes them.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shards">How many there have to be; <see langword="null"/> for what there is, and one if there is
    /// nothing.</param>
    /// <exception cref="ShortenerException">There is another number, a reshard is unfinished, or a file is missing or not
    /// what it should be.</exception>
    public static ShardSet OpenOrCreate(DataFolder folder, int? shards)
    {
        ShardSet set = Read(folder, shards ?? 1);
        if (set.Target is { } target)
        {
            throw new ShortenerException(
                $"A reshard of {folder.FullPath} was begun and not finished; finish it with: reshard {target} --data {folder.FullPath}");
        }

        if (shards is { } wanted && wanted != set.Count)
        {
            throw new ShortenerException(
                $"The data folder {folder.FullPath} has {set.Count} shards, not {wanted}; change that with: reshard {wanted} --data {folder.FullPath}");
        }

        set.Check();
        return set;
    }

    /// <summary>Opens the shards of a folder to change their number.</summary>
    /// <exception cref="ShortenerException">There is no database, or a file is missing or not what it should be.</exception>
    public static ShardSet OpenToReshard(DataFolder folder)
    {
        if (!File.Exists(folder.Database(1).FullPath))
        {
            throw new ShortenerException($"There is no database in {folder.FullPath} to reshard.");
        }

        ShardSet set = Read(folder, 1);
        set.Check();
        return set;
    }

    /// <summary>Gives the database of a shard, counted from 1.</summary>
    public LinkDatabase Database(int number) => _folder.Database(number);

    /// <summary>Counts the links of all shards, which reads an index of each.</summary>
    public long CountLinks() =>
        Enumerable.Range(1, Count).Sum(number => Database(number).UseMeta(meta => meta.CountLinks()));

    /// <summary>Makes the files that a larger number of shards needs and notes that number. From here on the folder is
    /// only good for a reshard to it.</summary>
    public void BeginReshard(int target)
    {
        // The files first: as long as the number is not noted they are nothing but empty files.
        for (int number = Count + 1; number <= target; number++)
        {
            Make(Database(number), number, CodeKey);
        }

        Database(1).UseMeta(meta =>
        {
            meta.Set(TargetName, target);
            return true;
        });
        Target = target;
    }

    /// <summary>Puts the new number into force, once all is where that has it, and deletes the files it does not need.</summary>
    public void FinishReshard()
    {
        int target = Target!.Value;
        for (int number = target + 1; number <= Count; number++)
        {
            if (!Database(number).UseMeta(meta => meta.IsEmpty))
            {
                throw new ShortenerException(
                    $"The database {Database(number).FullPath} holds links that do not belong into it. Nothing is deleted.");
            }
        }

        Database(1).UseMeta(meta =>
        {
            meta.Set(CountName, target);
            meta.Remove(TargetName);
            return true;
        });
        Count = target;
        Target = null;
        DeleteEmptied();
    }

    /// <summary>Deletes files beyond the number of shards, which a reshard that was killed at the very end has left.</summary>
    public void DeleteEmptied()
    {
        for (int number = Count + 1; number <= ShardRing.MaxShards; number++)
        {
            LinkDatabase database = Database(number);
            if (File.Exists(database.FullPath) && database.UseMeta(meta => IsOurs(meta, number) && meta.IsEmpty))
            {
                database.Delete();
            }
        }
    }

    private static ShardSet Read(DataFolder folder, int countIfNew) => folder.Database(1).UseMeta(meta =>
    {
        if (meta.IsNew)
        {
            // The other files first, inside the first one's transaction: with it, the folder is there as a whole.
            byte[] newKey = RandomNumberGenerator.GetBytes(KeyBytes);
            for (int number = 2; number <= countIfNew; number++)
            {
                Make(folder.Database(number), number, newKey);
            }

            meta.Set(KeyName, newKey);
            meta.Set(NumberName, 1);
            meta.Set(CountName, countIfNew);
        }

        byte[] key = meta.Get<byte[]>(KeyName);
        if (key.Length != KeyBytes)
        {
            throw new ShortenerException(
                $"The database {folder.Database(1).FullPath} holds a code key of {key.Length} bytes, not {KeyBytes}.");
        }

        long count = meta.Get<long>(CountName);
        long? target = meta.Find<long?>(TargetName);
        if (count is < 1 or > ShardRing.MaxShards || target is < 1 or > ShardRing.MaxShards)
        {
            throw new ShortenerException($"The database {folder.Database(1).FullPath} is damaged: it speaks of {target ?? count} shards.");
        }

        return new ShardSet(folder, key, (int)count, (int?)target);
    });

    // Makes a file that is yet to become a shard; an attempt before this one may have left it.
    private static void Make(LinkDatabase database, int number, byte[] key) => database.UseMeta(meta =>
    {
        if (!meta.IsNew && !meta.IsEmpty)
        {
            throw new ShortenerException(
                $"The database {database.FullPath} is in the way: it is no shard of this folder, but holds links.");
        }

        meta.Set(KeyName, key);
        meta.Set(NumberName, number);
        return true;
    });

    private void Check()
    {
        for (int number = 2; number <= Math.Max(Count, Target ?? 0); number++)
        {
            LinkDatabase database = Database(number);
            if (!File.Exists(database.FullPath))
            {
                throw new ShortenerException($"The database {database.FullPath} is missing; the folder has {Count} shards.");
            }

            if (!database.UseMeta(meta => IsOurs(meta, number)))
            {
                throw new ShortenerException($"The database {database.FullPath} is not shard {number} of this folder.");
            }
        }
    }

    private bool IsOurs(MetaTable meta, int number) =>
        meta.Find<long?>(NumberName) == number && meta.Find<byte[]>(KeyName) is { } key && key.AsSpan().SequenceEqual(CodeKey);
}

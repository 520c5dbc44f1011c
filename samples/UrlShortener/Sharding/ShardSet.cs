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
        ShardSet set = Find(folder) ?? Create(folder, shards ?? 1);
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
        ShardSet? set = Find(folder);
        if (set is null)
        {
            ThrowIfFirstIsLost(folder);
            throw new ShortenerException($"There is no database in {folder.FullPath} to reshard.");
        }

        set.Check();
        return set;
    }

    /// <summary>Gives the database of a shard, counted from 1.</summary>
    public LinkDatabase Database(int number) => _folder.Database(number);

    /// <summary>Counts the links of all shards, which reads an index of each.</summary>
    public long CountLinks() =>
        Enumerable.Range(1, Count).Sum(number => Database(number).InspectMeta(meta => meta.CountLinks()));

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
            if (Database(number).InspectMeta(meta => !meta.IsEmpty))
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

    /// <summary>Deletes files beyond the number of shards, which a reshard that was killed at the very end has left. Any
    /// other file with such a name stays as it is.</summary>
    public void DeleteEmptied()
    {
        for (int number = Count + 1; number <= ShardRing.MaxShards; number++)
        {
            if (IsEmptied(number))
            {
                Database(number).Delete();
            }
        }
    }

    /// <summary>Reads what the first file says.</summary>
    /// <returns><see langword="null"/> if it is not there or has no tables.</returns>
    private static ShardSet? Find(DataFolder folder) => folder.Database(1).InspectMeta(meta => Read(folder, meta));

    private static ShardSet Create(DataFolder folder, int count)
    {
        ThrowIfFirstIsLost(folder);
        return folder.Database(1).UseMeta(meta =>
        {
            if (meta.IsNew) // another process may have been faster
            {
                // The other files first, inside the first one's transaction: with it, the folder is there as a whole.
                byte[] newKey = RandomNumberGenerator.GetBytes(KeyBytes);
                for (int number = 2; number <= count; number++)
                {
                    Make(folder.Database(number), number, newKey);
                }

                meta.Set(KeyName, newKey);
                meta.Set(NumberName, 1);
                meta.Set(CountName, count);
            }

            return Read(folder, meta);
        });
    }

    // A new first file would have a new key, and the links of the others would be found no more. Links come after the
    // first file; so if there are some, and then there still is no first file, it was there and is gone.
    private static void ThrowIfFirstIsLost(DataFolder folder)
    {
        for (int number = 2; number <= ShardRing.MaxShards; number++)
        {
            LinkDatabase other = folder.Database(number);
            if (other.InspectMeta(meta => !meta.IsEmpty) && Find(folder) is null)
            {
                throw new ShortenerException(
                    $"The database {folder.Database(1).FullPath} is missing or empty, but {other.FullPath} holds links, which nothing can find without it. Restore it, or take another folder.");
            }
        }
    }

    private static ShardSet Read(DataFolder folder, MetaTable meta)
    {
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
    }

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

            if (!database.InspectMeta(meta => IsOurs(meta, number)))
            {
                throw new ShortenerException($"The database {database.FullPath} is not shard {number} of this folder.");
            }
        }
    }

    private bool IsEmptied(int number)
    {
        try
        {
            return Database(number).InspectMeta(meta => IsOurs(meta, number) && meta.IsEmpty);
        }
        catch (ShortenerException)
        {
            return false; // of another version, unreadable: whatever it is, not this
        }
    }

    private bool IsOurs(MetaTable meta, int number) =>
        meta.Find<long?>(NumberName) == number && meta.Find<byte[]>(KeyName) is { } key && key.AsSpan().SequenceEqual(CodeKey);
}

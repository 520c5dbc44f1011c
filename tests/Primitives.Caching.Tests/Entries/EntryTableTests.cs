using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class EntryTableTests
{
    [Fact]
    public void Equals_a_dictionary_under_random_changes() =>
        PropertyTest.CheckSequence(Gen.Choose(0, int.MaxValue - 1), operations =>
        {
            var table = Create<int>();
            var model = new Dictionary<int, Entry<int, int>>();
            foreach (int operation in operations)
            {
                int key = operation / 8 % 40;
                uint hash = table.Keys.Hash(key);
                Entry<int, int>? found = table.FindLocked(key, hash);
                Assert.Same(model.GetValueOrDefault(key), found);
                var fresh = new Entry<int, int>(key, hash, operation, 1);
                switch (operation % 8)
                {
                    case < 4 when found is null:
                        table.AddLocked(fresh);
                        model.Add(key, fresh);
                        break;
                    case < 4:
                        table.ReplaceLocked(found!, fresh);
                        model[key] = fresh;
                        break;
                    case 7 when operation % 64 == 7:
                        table.ClearLocked();
                        model.Clear();
                        break;
                    default:
                        if (found is not null)
                        {
                            table.RemoveLocked(found);
                            model.Remove(key);
                        }

                        break;
                }

                Assert.Equal(model.Count, table.Count);
                Assert.Equal(model.GetValueOrDefault(key), table.Find(key, out bool isCertain));
                Assert.True(isCertain);
            }

            Assert.Equal(model.Values.ToHashSet(), table.EntriesLocked().ToHashSet());
        });

    [Fact]
    public void Keys_with_one_hash_code_are_told_apart()
    {
        var table = new EntryTable<int, int>(new KeyEquality<int>(EqualityComparer<int>.Create((a, b) => a == b, _ => 5), seed: 7));
        uint hash = table.Keys.Hash(0);
        for (int key = 0; key < 100; key++)
        {
            table.AddLocked(new Entry<int, int>(key, hash, -key, 1));
        }

        for (int key = 0; key < 100; key += 2)
        {
            table.RemoveLocked(table.FindLocked(key, hash)!);
        }

        Assert.All(Enumerable.Range(0, 100), key => Assert.Equal(key % 2 == 0 ? null : -key, table.Find(key, out _)?.Value));
        Assert.NotNull(table.FindLocked(hash));
    }

    [Fact]
    public void A_span_finds_the_entry_of_the_equal_text()
    {
        var table = Create<string>();
        foreach (string key in (string[])["", "a", "user:42", new string('x', 1_000)])
        {
            table.AddLocked(new Entry<string, int>(key, table.Keys.Hash(key), key.Length, 1));
            Assert.Equal(key.Length, table.Find($"-{key}".AsSpan(1), out _)?.Value);
        }

        Assert.Null(table.Find("user:4".AsSpan(), out bool isCertain));
        Assert.True(isCertain);
    }

    [Fact]
    public void A_reader_without_the_lock_never_loses_a_key_for_certain_while_the_table_grows_and_changes()
    {
        var table = Create<int>();
        for (int key = 0; key < 10; key++)
        {
            Add(key);
        }

        bool isDone = false;
        Race.Run(
            () =>
            {
                for (int key = 10; key < 100_000; key++)
                {
                    Add(key);
                    if (key % 3 == 0)
                    {
                        table.RemoveLocked(table.FindLocked(key - 1, table.Keys.Hash(key - 1))!);
                    }
                }

                Volatile.Write(ref isDone, true);
            },
            () =>
            {
                for (int i = 0; !Volatile.Read(ref isDone); i++)
                {
                    Entry<int, int>? entry = table.Find(i % 10, out bool isCertain);
                    Assert.True(entry?.Value == i % 10 || (entry is null && !isCertain));
                }
            });

        void Add(int key) => table.AddLocked(new Entry<int, int>(key, table.Keys.Hash(key), key, 1));
    }

    private static EntryTable<TKey, int> Create<TKey>()
        where TKey : notnull =>
        new(new KeyEquality<TKey>(null, seed: 7));
}

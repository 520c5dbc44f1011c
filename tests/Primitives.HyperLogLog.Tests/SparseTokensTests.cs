using Primitives.Testing;

namespace Primitives.Tests;

public class SparseTokensTests
{
    [Fact]
    public void It_is_a_set_up_to_its_room()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            uint[] first = [.. Tokens(random).Distinct().Take(random.Next(0, 1_500))];
            SparseTokens table = SparseTokens.TryCreate(14, first)!;
            Assert.Equal(first.Order(), table.ToArray().Order());
            var model = first.ToHashSet();
            foreach (uint token in Tokens(random).Take(2_000))
            {
                SparseTokens.Insertion insertion = table.Insert(token);
                if (insertion == SparseTokens.Insertion.Refused)
                {
                    Assert.DoesNotContain(token, model);
                    break;
                }

                Assert.Equal(model.Add(token), insertion == SparseTokens.Insertion.Inserted);
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Count, table.CountTokens());
            Assert.Equal(model.Order(), table.ToArray().Order());
            Assert.All(model, token => Assert.Equal(SparseTokens.Insertion.Present, table.Insert(token)));
        }
    }

    [Fact]
    public void There_is_room_for_every_number_of_tokens_up_to_one_beyond_the_limit()
    {
        var random = new Random(9);
        for (int precision = 7; precision <= 18; precision++)
        {
            int limit = SparseTokens.Limit(precision);
            uint[] tokens = [.. Tokens(random).Distinct().Take(limit + 1)];
            foreach (int count in new[] { 0, 1, 8, 9, limit / 2, limit - 1, limit }.Where(count => count <= limit))
            {
                SparseTokens table = SparseTokens.TryCreate(precision, tokens.AsSpan(0, count))!;
                Assert.Equal(SparseTokens.Insertion.Inserted, table.Insert(tokens[limit]));
            }

            Assert.Null(SparseTokens.TryCreate(precision, tokens));
        }

        Assert.Null(SparseTokens.TryCreate(6, []));
    }

    [Fact]
    public void A_frozen_table_takes_nothing_and_keeps_everything()
    {
        var random = new Random(13);
        uint[] tokens = [.. Tokens(random).Distinct().Take(500)];
        SparseTokens table = SparseTokens.TryCreate(14, tokens.AsSpan(0, 400))!;
        table.Freeze();
        table.Freeze();
        Assert.Equal(400, table.CountTokens());
        Assert.Equal(tokens.Take(400).Order(), table.ToArray().Order());
        Assert.All(tokens.Take(400), token => Assert.NotEqual(SparseTokens.Insertion.Inserted, table.Insert(token)));
        Assert.All(tokens.Skip(400), token => Assert.Equal(SparseTokens.Insertion.Refused, table.Insert(token)));
        Assert.Equal(tokens.Take(400).Order(), table.ToArray().Order());
    }

    [Fact]
    public void Threads_that_insert_the_same_tokens_insert_each_once()
    {
        uint[] tokens = [.. Tokens(new Random(17)).Distinct().Take(1_000)];
        for (int round = 0; round < 20; round++)
        {
            SparseTokens table = SparseTokens.TryCreate(14, Tokens(new Random(round)).Distinct().Take(1_000).ToArray())!;
            int before = table.Count;
            int inserted = 0;
            int refused = 0;
            Race.Run(4, thread =>
            {
                uint[] mine = [.. tokens];
                thread.Random.Shuffle(mine);
                foreach (uint token in mine.Take(before / 3))
                {
                    SparseTokens.Insertion insertion = table.Insert(token);
                    Interlocked.Add(ref inserted, insertion == SparseTokens.Insertion.Inserted ? 1 : 0);
                    Interlocked.Add(ref refused, insertion == SparseTokens.Insertion.Refused ? 1 : 0);
                }
            });
            uint[] held = table.ToArray();
            Assert.Equal(before + inserted, table.Count);
            Assert.Equal(before + inserted, held.Length);
            Assert.Equal(held.Length, held.Distinct().Count());
        }
    }

    [Fact]
    public void What_was_inserted_before_a_freeze_returned_is_copied_and_nothing_else()
    {
        uint[] tokens = [.. Tokens(new Random(19)).Distinct().Take(4_000)];
        for (int round = 0; round < 50; round++)
        {
            SparseTokens table = SparseTokens.TryCreate(14, tokens.AsSpan(0, 1_200))!;
            List<uint>[] inserted = [[], [], []];
            uint[] copied = [];
            Race.Run(4, thread =>
            {
                if (thread.Index == 3)
                {
                    Thread.SpinWait(thread.Random.Next(2_000) * (round % 4));
                    table.Freeze();
                    copied = table.ToArray();
                    return;
                }

                for (int i = 1_200 + thread.Index; i < tokens.Length; i += 3)
                {
                    if (table.Insert(tokens[i]) == SparseTokens.Insertion.Inserted)
                    {
                        inserted[thread.Index].Add(tokens[i]);
                    }
                }
            });
            Assert.Equal(tokens.Take(1_200).Concat(inserted.SelectMany(list => list)).Order(), copied.Order());
        }
    }

    [Fact]
    public void Collisions_are_bounded_as_a_Poisson_variable_is()
    {
        Assert.Equal(0, SparseTokens.MaxCollisions(0, 3));
        Assert.Equal(0, SparseTokens.MaxCollisions(2_048, 2)); // expected 0.0104: none with 98.96 %
        Assert.Equal(1, SparseTokens.MaxCollisions(2_048, 3));
        Assert.Equal(9, SparseTokens.MaxCollisions(32_768, 3)); // expected 2.67: more than 8 with 0.16 %
        Assert.Equal(32_768 + 2.6666, SparseTokens.Estimate(32_768), 1e-3);
    }

    private static IEnumerable<uint> Tokens(Random random)
    {
        while (true)
        {
            yield return Token.Of((ulong)random.NextInt64(long.MinValue, long.MaxValue));
        }
    }
}

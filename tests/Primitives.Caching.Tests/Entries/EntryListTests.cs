using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class EntryListTests
{
    [Fact]
    public void Equals_a_plain_list_under_random_changes() =>
        PropertyTest.CheckSequence(Gen.Choose(0, int.MaxValue - 1), operations =>
        {
            var list = new EntryList<int, int>(Region.Probation);
            var model = new List<Entry<int, int>>(); // the newest first
            foreach (int operation in operations)
            {
                Entry<int, int>? some = model.Count == 0 ? null : model[operation / 8 % model.Count];
                switch (operation % 8)
                {
                    case 5 when some is not null:
                        list.Remove(some);
                        model.Remove(some);
                        Assert.Equal((Region.None, null, null), (some.Region, some.Newer, some.Older));
                        break;
                    case 6 when some is not null:
                        list.MoveToNewest(some);
                        model.Remove(some);
                        model.Insert(0, some);
                        break;
                    case 7 when operation % 64 == 7:
                        list.Clear();
                        Assert.All(model, entry => Assert.Equal((Region.None, null, null), (entry.Region, entry.Newer, entry.Older)));
                        model.Clear();
                        break;
                    default:
                        var entry = new Entry<int, int>(operation, 0, 0, 1 + (operation % 5));
                        list.Add(entry);
                        model.Insert(0, entry);
                        break;
                }

                Assert.Same(model.FirstOrDefault(), list.Newest);
                Assert.Same(model.LastOrDefault(), list.Oldest);
                Assert.Equal((model.Count, model.Sum(entry => (long)entry.Weight)), (list.Count, list.Weight));
                Assert.Equal(model, Walk(list.Newest, static entry => entry.Older));
                Assert.Equal(Enumerable.Reverse(model), Walk(list.Oldest, static entry => entry.Newer));
                Assert.All(model, entry => Assert.Equal(Region.Probation, entry.Region));
            }
        });

    private static IEnumerable<Entry<int, int>> Walk(Entry<int, int>? from, Func<Entry<int, int>, Entry<int, int>?> next)
    {
        for (; from is not null; from = next(from))
        {
            yield return from;
        }
    }
}

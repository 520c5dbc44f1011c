using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class LruModelTests
{
    [Fact]
    public void Equals_the_naive_list_after_every_operation() =>
        PropertyTest.CheckSequence(Gen.Choose(0, 9_999), operations =>
        {
            foreach (int capacity in (int[])[1, 2, 3, 7])
            {
                List<(int Key, int Value)> removed = [];
                List<(int Key, int Value)> modelRemoved = [];
                using var cache = new LruCache<int, int>(new CacheOptions<int, int>
                {
                    Capacity = capacity,
                    OnRemoved = (key, value, _) => removed.Add((key, value)),
                });
                var model = new LinkedList<(int Key, int Value)>();
                for (int i = 0; i < operations.Length; i++)
                {
                    Apply(cache, model, modelRemoved, capacity, operations[i], i);
                    Assert.Equal(model.Count, cache.Count);
                }

                Assert.Equal(modelRemoved, removed);
                Assert.Equal(model.OrderBy(pair => pair.Key), cache.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key));
                cache.AssertIntegrity();
            }
        });

    private static void Apply(
        LruCache<int, int> cache, LinkedList<(int Key, int Value)> model, List<(int, int)> removed, int capacity, int operation, int value)
    {
        int key = operation % 11;
        LinkedListNode<(int Key, int Value)>? node = Find(model, key);
        switch (operation / 11 % 5)
        {
            case 0 or 1:
                Assert.Equal(node is not null, cache.TryGet(key, out int found));
                if (node is not null)
                {
                    Assert.Equal(node.Value.Value, found);
                    Touch(model, node);
                }

                break;
            case 2:
                cache.Set(key, value);
                Insert();
                break;
            case 3:
                Assert.Equal(node?.Value.Value ?? value, cache.GetOrAdd(key, value, static (_, value) => value));
                if (node is not null)
                {
                    Touch(model, node);
                }
                else
                {
                    Insert();
                }

                break;
            default:
                Assert.Equal(node is not null, cache.TryRemove(key, out _));
                if (node is not null)
                {
                    removed.Add(node.Value);
                    model.Remove(node);
                }

                break;
        }

        void Insert()
        {
            if (node is not null)
            {
                removed.Add(node.Value);
                model.Remove(node);
            }
            else if (model.Count == capacity)
            {
                removed.Add(model.Last!.Value);
                model.RemoveLast();
            }

            model.AddFirst((key, value));
        }
    }

    private static void Touch(LinkedList<(int Key, int Value)> model, LinkedListNode<(int Key, int Value)> node)
    {
        model.Remove(node);
        model.AddFirst(node);
    }

    private static LinkedListNode<(int Key, int Value)>? Find(LinkedList<(int Key, int Value)> model, int key)
    {
        LinkedListNode<(int Key, int Value)>? node = model.First;
        while (node is not null && node.Value.Key != key)
        {
            node = node.Next;
        }

        return node;
    }
}

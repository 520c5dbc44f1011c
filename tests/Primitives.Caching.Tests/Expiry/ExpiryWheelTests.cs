using FsCheck.Fluent;
using Primitives.Testing;

namespace Primitives.Tests;

public class ExpiryWheelTests
{
    private const long Frequency = 64_000; // 1,000 clock ticks a wheel tick

    [Fact]
    public void Nothing_is_due_early_and_nothing_later_than_a_tick() =>
        PropertyTest.CheckSequence(Gen.Choose(0, int.MaxValue - 1), operations =>
        {
            long now = 12_345;
            var wheel = new ExpiryWheel<int, int>(Frequency, now);
            var model = new Dictionary<RichEntry<int, int>, long>();
            var random = new Random(operations.Length);
            foreach (int operation in operations)
            {
                switch (operation % 4)
                {
                    case 0 or 1:
                        var entry = new RichEntry<int, int>(operation, 0, 0, 1, isMissing: false);
                        long until = now + 1 + (long)Math.Pow(2, random.NextDouble() * 34);
                        wheel.Schedule(entry, until, now);
                        model.Add(entry, until);
                        break;
                    case 2 when model.Count > 0:
                        RichEntry<int, int> gone = model.Keys.First();
                        wheel.Remove(gone);
                        model.Remove(gone);
                        break;
                    default:
                        now += (long)Math.Pow(2, random.NextDouble() * 32);
                        break;
                }

                Advance(wheel, model, now);
                Assert.Equal(model.Count, wheel.Count);
                Assert.True(model.Count == 0 || wheel.NextDue <= model.Values.Min() + 1_000, "The timer would come too late.");
            }
        });

    private static void Advance(ExpiryWheel<int, int> wheel, Dictionary<RichEntry<int, int>, long> model, long now)
    {
        while (wheel.TakeDue(now) is { } due)
        {
            if (model[due] > now)
            {
                wheel.Schedule(due, model[due], now); // looked at on its way down, as the cache does
            }
            else
            {
                model.Remove(due);
            }
        }

        Assert.All(model.Values, until => Assert.True(until > now - 1_000, "An entry is overdue by more than a tick."));
    }
}

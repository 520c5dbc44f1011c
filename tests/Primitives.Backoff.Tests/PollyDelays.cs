using Polly;
using Polly.Retry;

namespace Primitives.Tests;

/// <summary>The delays that Polly's retry strategy takes, observed on a clock that runs through them at once.</summary>
internal static class PollyDelays
{
    public static TimeSpan FifthExponentialDelay(TimeSpan delay, Random random) => Last(new RetryStrategyOptions
    {
        Delay = delay,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        MaxRetryAttempts = 5,
        Randomizer = random.NextDouble,
    });

    public static TimeSpan LinearWithJitterAtTheCap() => Last(new RetryStrategyOptions
    {
        Delay = TimeSpan.FromSeconds(10),
        MaxDelay = TimeSpan.FromSeconds(5),
        BackoffType = DelayBackoffType.Linear,
        UseJitter = true,
        MaxRetryAttempts = 3,
    });

    private static TimeSpan Last(RetryStrategyOptions options)
    {
        TimeSpan last = default;
        options.OnRetry = arguments =>
        {
            last = arguments.RetryDelay;
            return default;
        };
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder { TimeProvider = new ImpatientClock() }.AddRetry(options).Build();
        try
        {
            pipeline.Execute(static () => throw new InvalidOperationException());
        }
        catch (InvalidOperationException)
        {
            return last;
        }

        throw new InvalidOperationException("It must fail.");
    }

    /// <summary>Its timers fire when they are made.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}

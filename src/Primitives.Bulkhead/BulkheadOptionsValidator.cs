using Microsoft.Extensions.Options;

namespace Primitives;

/// <summary>The rules for the settings, used by the constructor and at start-up alike.</summary>
internal sealed class BulkheadOptionsValidator : IValidateOptions<BulkheadOptions>
{
    public ValidateOptionsResult Validate(string? name, BulkheadOptions options) =>
        Check(options) is { } failure ? ValidateOptionsResult.Fail(failure) : ValidateOptionsResult.Success;

    public static void ThrowIfInvalid(BulkheadOptions options)
    {
        if (Check(options) is { } failure)
        {
            throw new ArgumentException(failure, nameof(options));
        }
    }

    private static string? Check(BulkheadOptions o) =>
        o.MaxConcurrency is < 1 or > Bulkhead.MaxPlaces
            ? $"MaxConcurrency is {o.MaxConcurrency}; it must be from 1 to {Bulkhead.MaxPlaces}."
        : o.MaxQueue is < 0 or > Bulkhead.MaxPlaces
            ? $"MaxQueue is {o.MaxQueue}; it must be from 0 to {Bulkhead.MaxPlaces}."
        : o.MaxWait != Timeout.InfiniteTimeSpan && (o.MaxWait <= TimeSpan.Zero || o.MaxWait > TimeSpan.FromDays(49))
            ? $"MaxWait is {o.MaxWait}; it must be positive and at most 49 days, or infinite."
        : !Enum.IsDefined(o.Order) ? $"Order is {o.Order}; it must be an order."
        : null;
}

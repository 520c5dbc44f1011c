using System.Globalization;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Primitives.Testing;

/// <summary>
/// Runs FsCheck properties inside any test method. Every run has one seed; a failure prints it, with the smallest
/// counter-example found, and setting <c>PRIMITIVES_PROPERTY_SEED</c> to it, with the same count, runs the very same
/// cases again.
/// <c>PRIMITIVES_PROPERTY_COUNT</c> sets how many cases an ordinary property runs (100); the others scale with it.
/// </summary>
public static class PropertyTest
{
    /// <summary>The environment variable that holds the seed to replay.</summary>
    public const string SeedVariable = "PRIMITIVES_PROPERTY_SEED";

    /// <summary>The environment variable that holds the number of cases of an ordinary property.</summary>
    public const string CountVariable = "PRIMITIVES_PROPERTY_COUNT";

    private const int OrdinaryCount = 100;

    /// <summary>Checks a property of values of any type FsCheck can generate.</summary>
    public static void Check<T>(Action<T> property, int count = OrdinaryCount) => Run(Prop.ForAll(property), count);

    /// <summary>Checks a property of generated values.</summary>
    public static void Check<T>(Gen<T> values, Action<T> property, int count = OrdinaryCount) =>
        Run(Prop.ForAll(Arb.From(values), property), count);

    /// <summary>Checks a property of generated values that shrink as the arbitrary says.</summary>
    public static void Check<T>(Arbitrary<T> values, Action<T> property, int count = OrdinaryCount) =>
        Run(Prop.ForAll(values, property), count);

    /// <summary>Checks a property of two generated values.</summary>
    public static void Check<T1, T2>(Action<T1, T2> property, int count = OrdinaryCount) =>
        Run(Prop.ForAll(property), count);

    /// <summary>Checks a property of two generated values.</summary>
    public static void Check<T1, T2>(Gen<T1> first, Gen<T2> second, Action<T1, T2> property, int count = OrdinaryCount) =>
        Run(Prop.ForAll(Arb.From(first), Arb.From(second), property), count);

    /// <summary>
    /// Checks a sequence of operations against a model. A failing sequence is shrunk by dropping operations, so what
    /// is printed is close to the shortest one that fails. The property must build its own subject and model.
    /// </summary>
    public static void CheckSequence<TOperation>(Gen<TOperation> operations, Action<TOperation[]> property, int count = OrdinaryCount) =>
        Run(Prop.ForAll(Arb.From(operations).Array(), property), count);

    private static void Run(Property property, int count)
    {
        ulong seed = Seed();
        Config config = Config.QuickThrowOnFailure
            .WithQuietOnSuccess(true)
            .WithMaxTest(Scale(count))
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        try
        {
            FsCheck.Check.One(config, property);
        }
        catch (Exception exception)
        {
            throw new PropertyFailedException(
                string.Create(CultureInfo.InvariantCulture, $"{exception.Message}\nReplay with {ReplayVariables(seed)}"),
                exception);
        }
    }

    // The cases grow with their number out of the count, so a run of another count has other cases from the same seed.
    private static string ReplayVariables(ulong seed) =>
        Environment.GetEnvironmentVariable(CountVariable) is { Length: > 0 } count
            ? string.Create(CultureInfo.InvariantCulture, $"{SeedVariable}={seed} {CountVariable}={count}")
            : string.Create(CultureInfo.InvariantCulture, $"{SeedVariable}={seed}");

    private static ulong Seed() =>
        Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    private static int Scale(int count) =>
        Environment.GetEnvironmentVariable(CountVariable) is { Length: > 0 } text
            ? (int)Math.Clamp((long)count * int.Parse(text, CultureInfo.InvariantCulture) / OrdinaryCount, 1, int.MaxValue)
            : count;
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Primitives.Testing;

namespace Primitives.Tests;

public class AutocompleteServiceCollectionTests
{
    [Fact]
    public void Unnamed_and_named_indexes_are_singletons_of_their_own_options()
    {
        var clock = new ManualTimeProvider();
        using ServiceProvider provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddAutocomplete()
            .AddAutocomplete("queries", options => options.HalfLife = TimeSpan.FromDays(1))
            .AddAutocomplete("words", options => options.Folding = TextFolding.None, _ => Subject.Build(("Word", 1)))
            .AddAutocomplete("words", load: _ => throw new InvalidOperationException("Adds nothing."))
            .BuildServiceProvider();

        LiveAutocompleteIndex queries = provider.GetRequiredKeyedService<LiveAutocompleteIndex>("queries");
        queries.Set("a", 8);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.True(queries.TryGet("a", out Completion a));
        Assert.Equal(4, a.Score, 1e-3);
        LiveAutocompleteIndex words = provider.GetRequiredKeyedService<LiveAutocompleteIndex>("words");
        Assert.Equal("Word", words.Complete("W", 1).Single());
        Assert.Empty(words.Complete("w", 1));
        Assert.Equal(0, provider.GetRequiredService<LiveAutocompleteIndex>().Count);
        Assert.Same(words, provider.GetRequiredKeyedService<LiveAutocompleteIndex>("words"));
        Assert.Single(provider.GetKeyedServices<LiveAutocompleteIndex>("words"));
    }

    [Fact]
    public void A_wrong_setting_fails_on_start()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddAutocomplete("queries", options => options.CachedResults = 65)
            .BuildServiceProvider();
        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains("65; it must be from 1 to 64", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_are_observable_with_the_name_as_their_tag()
    {
        var meters = new MeterFactory();
        using ServiceProvider provider = new ServiceCollection()
            .AddSingleton<IMeterFactory>(meters)
            .AddAutocomplete("queries")
            .BuildServiceProvider();
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument.Meter.Name == "Primitives.Autocomplete" && instrument.Meter.Scope == meters)
            {
                target.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            Assert.Equal("queries", tags.ToArray().Single(tag => tag.Key == "primitives.autocomplete.name").Value);
            measured[instrument.Name] = value;
        });
        listener.Start();

        LiveAutocompleteIndex index = provider.GetRequiredKeyedService<LiveAutocompleteIndex>("queries");
        index.Set("a", 1);
        index.Set("b", 1);
        index.Compact();
        index.Remove("a");
        index.Complete("b", 1);
        listener.RecordObservableInstruments();
        Assert.Equal(
            [("changed_terms", 1), ("compactions", 1), ("queries", 1), ("terms", 1)],
            measured.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key["primitives.autocomplete.".Length..], (int)pair.Value)));
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentNullException>("services", () => AutocompleteServiceCollectionExtensions.AddAutocomplete(null!));
        Assert.Throws<ArgumentNullException>("services", () => AutocompleteServiceCollectionExtensions.AddAutocomplete(null!, "name"));
        Assert.Throws<ArgumentNullException>("name", () => services.AddAutocomplete((string)null!));
        Assert.Throws<ArgumentException>("name", () => services.AddAutocomplete(""));
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            _meters.Add(new Meter(options.Name, options.Version, options.Tags, scope: this));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}

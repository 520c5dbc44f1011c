using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;

namespace Primitives;

/// <summary>
/// Finds the serializer of a type, once: the registered one; or what the last registered factory that knows the type makes;
/// or the built-in one for strings, bytes, and JSON for the rest. Thread-safe.
/// </summary>
internal sealed class HybridSerializers(IServiceProvider? services, JsonSerializerOptions? json)
{
    private readonly ConcurrentDictionary<Type, object> _found = new();
    private readonly IHybridCacheSerializerFactory[] _factories =
        services?.GetServices<IHybridCacheSerializerFactory>().Reverse().ToArray() ?? [];

    private JsonSerializerOptions? _defaults;

    /// <exception cref="InvalidOperationException">There is none: JSON by reflection is switched off and no options are
    /// given.</exception>
    public IHybridCacheSerializer<T> Get<T>() =>
        (IHybridCacheSerializer<T>)_found.GetOrAdd(typeof(T), static (_, self) => self.Find<T>(), this);

    private IHybridCacheSerializer<T> Find<T>()
    {
        if (services?.GetService<IHybridCacheSerializer<T>>() is { } registered)
        {
            return registered;
        }

        foreach (IHybridCacheSerializerFactory factory in _factories)
        {
            if (factory.TryCreateSerializer(out IHybridCacheSerializer<T>? made))
            {
                return made;
            }
        }

        return new Utf8Serializer() as IHybridCacheSerializer<T>
            ?? new BytesSerializer() as IHybridCacheSerializer<T>
            ?? new JsonValueSerializer<T>((JsonTypeInfo<T>)JsonOptions<T>().GetTypeInfo(typeof(T)));
    }

    // The keys are the ones the platform's own HybridCache looks for, so that its registrations work here.
    private JsonSerializerOptions JsonOptions<T>() =>
        Keyed(typeof(IHybridCacheSerializer<T>)) ?? json ?? Keyed(typeof(IHybridCacheSerializer<>)) ?? (_defaults ??= Defaults());

    private JsonSerializerOptions? Keyed(Type key) =>
        (services as IKeyedServiceProvider)?.GetKeyedService<JsonSerializerOptions>(key);

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only where the application allows reflection; otherwise the error says what to set.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Only where the application allows reflection; otherwise the error says what to set.")]
    private static JsonSerializerOptions Defaults() =>
        JsonSerializer.IsReflectionEnabledByDefault
            ? new JsonSerializerOptions { IncludeFields = true, TypeInfoResolver = new DefaultJsonTypeInfoResolver() }
            : throw new InvalidOperationException(
                $"JSON by reflection is switched off: set {nameof(LfuHybridCacheOptions)}.{nameof(LfuHybridCacheOptions.JsonSerializerOptions)} with a source-generated resolver, or register an IHybridCacheSerializer.");
}

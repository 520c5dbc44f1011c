using Microsoft.Extensions.DependencyInjection.Extensions;
using Primitives;

namespace UrlShortener;

/// <summary>Puts the parts together.</summary>
internal static class ServiceRegistration
{
    /// <summary>Adds what the server and the import share: the shards, the codes and the store.</summary>
    public static IServiceCollection AddLinkStore(this IServiceCollection services, DataFolder folder, int worker, int? shards = null)
    {
        if (worker < 0 || worker > LinkCodes.Layout.MaxWorkerId)
        {
            throw new ShortenerException($"The worker id must be from 0 to {LinkCodes.Layout.MaxWorkerId}, not {worker}.");
        }

        if (shards < 1 || shards > ShardRing.MaxShards)
        {
            throw new ShortenerException($"The number of shards must be from 1 to {ShardRing.MaxShards}, not {shards}.");
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(folder);
        services.AddSingleton(_ => FolderLock.Share(folder));
        services.AddSingleton(provider =>
        {
            provider.GetRequiredService<FolderLock>(); // first: a reshard must not change what is opened
            return ShardSet.OpenOrCreate(folder, shards);
        });
        services.AddSingleton<IHighWaterMark>(_ => folder.OpenHighWaterMark(worker));
        services.AddSnowflakeIds(options => LinkCodes.Configure(options, worker));
        services.AddSingleton(provider => new ShortCodePermutation(
            provider.GetRequiredService<ShardSet>().CodeKey, LinkCodes.Length));
        services.AddSingleton<LinkCodes>();
        services.AddSingleton(provider => new LinkShards(
            provider.GetRequiredService<ShardSet>(), provider.GetKeyedService<CircuitBreakerSet<string>>(DatabaseBreakers.Name)));
        services.AddSingleton(_ => new WriterPresence(folder, worker));
        services.AddSingleton(provider =>
        {
            LinkCodes codes = provider.GetRequiredService<LinkCodes>(); // takes the worker id, which the presence relies on
            provider.GetRequiredService<WriterPresence>(); // before the first link
            return new LinkStore(
                provider.GetRequiredService<LinkShards>(), codes, provider.GetRequiredService<TimeProvider>(), provider.GetService<KnownCodes>());
        });
        return services;
    }

    /// <summary>Adds what only the server needs.</summary>
    public static IServiceCollection AddLinkServer(this IServiceCollection services, ShortenerOptions options)
    {
        if (options.CheckLinks || options.CheckPrivateLinks)
        {
            LinkChecker.AddTo(services, options.CheckPrivateLinks);
        }

        DatabaseBreakers.AddTo(services);
        services.AddSingleton<KnownCodes>();
        services.AddSingleton<LinkWriter>();
        services.AddSingleton(provider => new LinkCache(
            provider.GetRequiredService<LinkStore>().Find, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<KnownCodes>()));
        services.AddSingleton<VisitCounter>();
        services.AddSingleton(provider => new VisitorStore(
            provider.GetRequiredService<DataFolder>().Visitors,
            provider.GetRequiredService<ILogger<VisitorStore>>(),
            provider.GetRequiredKeyedService<CircuitBreakerSet<string>>(DatabaseBreakers.Name)));
        services.AddSingleton<VisitorCounter>();
        services.AddHostedService<VisitFlusher>();
        services.AddHostedService<KnownCodesKeeper>();
        services.AddLinkLimits();
        services.AddExceptionHandler<DatabaseFailures>();
        services.AddProblemDetails();
        return services;
    }
}

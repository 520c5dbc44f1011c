using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;

namespace UrlShortener;

/// <summary>The links of all shards. Thread-safe; calls block as <see cref="LinkShard"/> says.</summary>
internal sealed class LinkStore(LinkShards shards, LinkCodes codes, TimeProvider time, KnownCodes? known)
{
    /// <summary>Finds the link of a code.</summary>
    public Link? Find(string code) => known?.MayExist(code) == false ? null : shards.Find(code);

    /// <summary>Lists the newest links, newest first.</summary>
    public IReadOnlyList<Link> Latest(int take) =>
    [
        .. shards.All
            .SelectMany(shard => shard.Read(session => session.Latest(take)))
            .OrderByDescending(link => link.CreatedAt).ThenByDescending(link => link.Id)
            .Take(take),
    ];

    /// <summary>Adds links; durable when this returns. With one shard that is one transaction; with more, a failure may
    /// leave some of the links added, which the same call again then finds.</summary>
    /// <returns>The outcome for each, in order.</returns>
    public AddedLink[] Add(IReadOnlyList<NewLink> links) =>
        new LinkBatch(shards, codes, known, links, ToMilliseconds(time.GetUtcNow())).Add();

    /// <summary>Adds visits, by code, in one transaction for each shard. Past the breakers: they wait in memory anyway, and
    /// those of the last second before the service stops have no other chance.</summary>
    /// <param name="visits">The counts; those stored are taken out, so that what is left is still to be stored if this
    /// throws.</param>
    public void AddVisits(Dictionary<string, long> visits)
    {
        SqliteException? failure = null;
        foreach (IGrouping<LinkShard, KeyValuePair<string, long>> group in visits.GroupBy(visit => shards.Of(visit.Key)).ToList())
        {
            try
            {
                group.Key.WriteRegardless(session =>
                {
                    foreach ((string code, long count) in group)
                    {
                        session.AddVisits(code, count);
                    }
                });
            }
            catch (SqliteException exception)
            {
                failure = exception; // the other shards' visits need not wait for this one
                continue;
            }

            foreach ((string code, _) in group)
            {
                visits.Remove(code);
            }
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Cuts a time to the precision the store keeps.</summary>
    public static DateTimeOffset ToMilliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}

namespace UrlShortener;

/// <summary>
/// Adds links together, with one transaction for each shard and step.
/// </summary>
/// <remarks>
/// <para>A link lies in the shard of its code. That a URL has one plain link is kept true elsewhere, in the shard of the
/// URL: by an entry that has all there is to the link. With two files there is no transaction over both, so the entry
/// is committed first and is the truth; whoever finds it without its link, because a process was killed in between,
/// makes the link. Only when that is durable is either answered for. Where both fall into one shard, as always if there
/// is but one, both go into one transaction.</para>
/// <para>Links are never deleted, which two rules rely on: a link found is there for good, and an entry whose code turns
/// out to be another link's has never had a link, so that it may be given another code.</para>
/// </remarks>
internal sealed class LinkBatch(
    LinkShards shards, LinkCodes codes, KnownCodes? known, IReadOnlyList<NewLink> links, DateTimeOffset now)
{
    // Far above what can happen: each attempt meets an alias that equals the generated code, out of 62^8.
    private const int MaxAttempts = 100;

    private readonly AddedLink?[] _added = new AddedLink?[links.Count];

    /// <summary>Adds the links; durable when this returns.</summary>
    /// <returns>The outcome for each, in order.</returns>
    /// <remarks>If it throws, what other shards have committed stays; the same links again find it.</remarks>
    public AddedLink[] Add()
    {
        // Outside of transactions, which stop every other writer: what is there already needs none, and for the rest
        // the ids are made beforehand.
        List<Candidate> missing = FindMissing();
        for (int attempt = 0; missing.Count > 0; attempt++)
        {
            if (attempt == MaxAttempts)
            {
                throw new InvalidOperationException($"{MaxAttempts} new ids in a row were in use: two processes share a worker id.");
            }

            Write(missing, candidate => candidate.Link.IsPlain ? candidate.Link.Url : candidate.Code, Begin);
            missing.RemoveAll(candidate => _added[candidate.Index] is not null);
            Write(missing, candidate => candidate.Code, Insert);
            missing.RemoveAll(candidate => _added[candidate.Index] is not null);
            missing.ForEach(candidate => candidate.Renew(codes));
        }

        return Array.ConvertAll(_added, added => added!.Value);
    }

    private List<Candidate> FindMissing()
    {
        PlainUrl?[] noted = FindPlain();
        var missing = new List<Candidate>();
        for (int i = 0; i < links.Count; i++)
        {
            _added[i] = FindExisting(links[i], noted[i]);
            if (_added[i] is null)
            {
                missing.Add(new Candidate(i, links[i], codes));
            }
        }

        return missing;
    }

    // What is noted of each plain link's URL; each shard is asked once, for all.
    private PlainUrl?[] FindPlain()
    {
        var noted = new PlainUrl?[links.Count];
        foreach (IGrouping<LinkShard, int> group in Enumerable.Range(0, links.Count)
            .Where(i => links[i].IsPlain)
            .GroupBy(i => shards.Of(links[i].Url)))
        {
            PlainUrl?[] found = group.Key.Read(session => session.FindPlain([.. group.Select(i => links[i].Url)]));
            foreach ((int i, PlainUrl? plain) in group.Zip(found))
            {
                noted[i] = plain;
            }
        }

        return noted;
    }

    private AddedLink? FindExisting(NewLink link, PlainUrl? noted)
    {
        if (link.Alias is not null)
        {
            return shards.Find(link.Alias) is { } existing ? ForAlias(link, existing) : null;
        }

        // Every link that expires is one of its own.
        return noted is not null && shards.Find(noted.Code) is { } found && found.Id == noted.Id
            ? new AddedLink(found, AddOutcome.Existing)
            : null;
    }

    private void Write(List<Candidate> candidates, Func<Candidate, string> key, Action<LinkSession, LinkShard, Candidate> write)
    {
        foreach (IGrouping<LinkShard, Candidate> group in candidates.GroupBy(candidate => shards.Of(key(candidate))))
        {
            group.Key.Write(session =>
            {
                foreach (Candidate candidate in group)
                {
                    write(session, group.Key, candidate);
                }
            });
        }
    }

    // In the shard of the URL, if the link is a plain one; otherwise in that of its code.
    private void Begin(LinkSession session, LinkShard shard, Candidate candidate)
    {
        if (candidate.Link.IsPlain)
        {
            Claim(session, candidate);
        }

        if (shards.Of(candidate.Code) == shard)
        {
            Insert(session, shard, candidate);
        }
    }

    // Makes the candidate the link that its URL's entry tells of: the candidate's own, or one that was noted before.
    private void Claim(LinkSession session, Candidate candidate)
    {
        var plain = new PlainUrl(candidate.Link.Url, candidate.Id, candidate.Code, now);
        PlainUrl? noted = session.FindPlain(plain.Url); // again, since others wrote meanwhile
        if (noted is null)
        {
            session.InsertPlain(plain);
        }
        else if (noted.Id == candidate.RefusedId)
        {
            session.ReplacePlain(plain);
        }
        else
        {
            plain = noted;
        }

        (candidate.Id, candidate.Code, candidate.CreatedAt) = (plain.Id, plain.Code, plain.CreatedAt);
    }

    // In the shard of the code. Leaves the candidate as it is if its code or id is another link's.
    private void Insert(LinkSession session, LinkShard shard, Candidate candidate)
    {
        NewLink link = candidate.Link;
        var created = new Link(candidate.Id, candidate.Code, link.Url, candidate.CreatedAt ?? now, link.ExpiresAt, Visits: 0);
        known?.Add(created.Code); // before it is committed: whoever hears of it will find it
        if (session.TryInsert(created, isAlias: link.Alias is not null))
        {
            _added[candidate.Index] = new AddedLink(created, AddOutcome.Created);
        }
        else if (session.Find(candidate.Code) is { } existing)
        {
            if (link.Alias is not null)
            {
                _added[candidate.Index] = ForAlias(link, existing);
            }
            else if (candidate.Link.IsPlain && existing.Id == candidate.Id)
            {
                _added[candidate.Index] = new AddedLink(existing, AddOutcome.Existing);
            }
        }
    }

    private static AddedLink ForAlias(NewLink link, Link existing)
    {
        bool same = existing.Url == link.Url && existing.ExpiresAt == link.ExpiresAt;
        return new AddedLink(existing, same ? AddOutcome.Existing : AddOutcome.AliasTaken);
    }

    /// <summary>A link that was not found, and the id and code it is to have.</summary>
    private sealed class Candidate
    {
        public Candidate(int index, NewLink link, LinkCodes codes)
        {
            Index = index;
            Link = link;
            (Id, string code) = codes.Next();
            Code = link.Alias ?? code;
        }

        public int Index { get; }

        public NewLink Link { get; }

        public long Id { get; set; }

        public string Code { get; set; }

        public DateTimeOffset? CreatedAt { get; set; }

        /// <summary>Gets the id whose code was found to be another link's.</summary>
        public long? RefusedId { get; private set; }

        public void Renew(LinkCodes codes)
        {
            RefusedId = Id;
            CreatedAt = null;
            (Id, string code) = codes.Next();
            Code = Link.Alias ?? code;
        }
    }
}

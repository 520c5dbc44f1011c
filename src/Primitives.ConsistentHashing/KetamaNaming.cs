namespace Primitives;

/// <summary>What libketama-compatible clients hash for a node on memcached's default port.</summary>
public enum KetamaNaming
{
    /// <summary>The name as it is, <c>host:11211</c>: libketama.</summary>
    HostPort = 0,

    /// <summary>The name without <c>:11211</c>; other ports stay: libmemcached and twemproxy.</summary>
    OmitDefaultPort = 1,
}

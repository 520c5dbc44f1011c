namespace Primitives.Tests;

/// <summary>A test that needs a redis-server: skipped where there is none, but not in CI, where it then fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute()
    {
        if (!RedisServer.IsInstalled && Environment.GetEnvironmentVariable("CI") != "true")
        {
            Skip = "There is no redis-server, and it cannot be installed.";
        }
    }
}

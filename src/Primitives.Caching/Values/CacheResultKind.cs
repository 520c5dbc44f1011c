namespace Primitives;

internal enum CacheResultKind : byte
{
    Store,
    DoNotStore,
    Missing,
}

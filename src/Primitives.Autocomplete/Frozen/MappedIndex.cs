using System.IO.MemoryMappedFiles;

namespace Primitives;

/// <summary>A mapped file. Whoever reads its memory refers to this object, which unmaps it when nobody does any more.
/// </summary>
internal sealed unsafe class MappedIndex : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly int _length;
    private int _disposed;

    public MappedIndex(MemoryMappedFile file, int length)
    {
        _view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _length = length;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    ~MappedIndex() => Release();

    public ReadOnlySpan<byte> Bytes => new(_start, _length);

    public IndexData View(in IndexLayout layout) => IndexData.View(layout, this, _start + PersistedForm.HeaderLength);

    public void Dispose()
    {
        Release();
        _view.Dispose();
        GC.SuppressFinalize(this);
    }

    // The handle counts references; with the pointer given back, its own finalizer unmaps.
    private void Release()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }
}

namespace Primitives.Tests;

/// <summary>HyperLogLog and UltraLogLog under one name: they have the same members, and the same tests.</summary>
public abstract class Subject
{
    public const string Hyper = "HyperLogLog";
    public const string Ultra = "UltraLogLog";

    /// <summary>Test data for theories: one row a family.</summary>
    public static TheoryData<string> Families() => [Hyper, Ultra];

    public static Subject Create(string family, int precision, bool martingale = false) =>
        family == Hyper ? new HyperSubject(new HyperLogLog(precision, martingale)) : new UltraSubject(new UltraLogLog(precision, martingale));

    public static Subject FromBytes(string family, byte[] bytes) =>
        family == Hyper ? new HyperSubject(HyperLogLog.FromBytes(bytes)) : new UltraSubject(UltraLogLog.FromBytes(bytes));

    public static Subject ReadFrom(string family, Stream stream) =>
        family == Hyper ? new HyperSubject(HyperLogLog.ReadFrom(stream)) : new UltraSubject(UltraLogLog.ReadFrom(stream));

    public static string? TryFromBytes(string family, byte[] bytes)
    {
        string? reason;
        bool read = family == Hyper ? HyperLogLog.TryFromBytes(bytes, out HyperLogLog? hyper, out reason) : UltraLogLog.TryFromBytes(bytes, out _, out reason);
        Assert.Equal(read, reason is null);
        return reason;
    }

    /// <summary>A sketch of the keys from first to first + count - 1.</summary>
    public static Subject Of(string family, int precision, long first, long count)
    {
        Subject subject = Create(family, precision);
        subject.AddRange(first, count);
        return subject;
    }

    public void AddRange(long first, long count)
    {
        for (long key = first; key < first + count; key++)
        {
            Add(key);
        }
    }

    public abstract int Precision { get; }
    public abstract bool IsSparse { get; }
    public abstract double RelativeStandardError { get; }
    public abstract double? MartingaleEstimate { get; }
    public abstract int PersistedLength { get; }
    public abstract bool Add(long key);
    public abstract bool AddHash(ulong hash);
    public abstract double Estimate();
    public abstract BoundedEstimate Bounds(int sigmas);
    public abstract void UnionWith(Subject other);
    public abstract Subject Reduce(int precision);
    public abstract BoundedEstimate IntersectionWith(Subject other, int sigmas);
    public abstract BoundedEstimate JaccardWith(Subject other, int sigmas);
    public abstract byte[] ToBytes();
    public abstract bool TryWriteBytes(Span<byte> destination, out int bytesWritten);
    public abstract void WriteTo(Stream stream);

    private sealed class HyperSubject(HyperLogLog sketch) : Subject
    {
        private readonly HyperLogLog _sketch = sketch;

        public override int Precision => _sketch.Precision;
        public override bool IsSparse => _sketch.IsSparse;
        public override double RelativeStandardError => _sketch.RelativeStandardError;
        public override double? MartingaleEstimate => _sketch.MartingaleEstimate;
        public override int PersistedLength => _sketch.PersistedLength;
        public override bool Add(long key) => _sketch.Add(key);
        public override bool AddHash(ulong hash) => _sketch.AddHash(hash);
        public override double Estimate() => _sketch.Estimate();
        public override BoundedEstimate Bounds(int sigmas) => _sketch.Bounds(sigmas);
        public override void UnionWith(Subject other) => _sketch.UnionWith(((HyperSubject)other)._sketch);
        public override Subject Reduce(int precision) => new HyperSubject(_sketch.Reduce(precision));
        public override BoundedEstimate IntersectionWith(Subject other, int sigmas) => _sketch.IntersectionWith(((HyperSubject)other)._sketch, sigmas);
        public override BoundedEstimate JaccardWith(Subject other, int sigmas) => _sketch.JaccardWith(((HyperSubject)other)._sketch, sigmas);
        public override byte[] ToBytes() => _sketch.ToBytes();
        public override bool TryWriteBytes(Span<byte> destination, out int bytesWritten) => _sketch.TryWriteBytes(destination, out bytesWritten);
        public override void WriteTo(Stream stream) => _sketch.WriteTo(stream);
    }

    private sealed class UltraSubject(UltraLogLog sketch) : Subject
    {
        private readonly UltraLogLog _sketch = sketch;

        public override int Precision => _sketch.Precision;
        public override bool IsSparse => _sketch.IsSparse;
        public override double RelativeStandardError => _sketch.RelativeStandardError;
        public override double? MartingaleEstimate => _sketch.MartingaleEstimate;
        public override int PersistedLength => _sketch.PersistedLength;
        public override bool Add(long key) => _sketch.Add(key);
        public override bool AddHash(ulong hash) => _sketch.AddHash(hash);
        public override double Estimate() => _sketch.Estimate();
        public override BoundedEstimate Bounds(int sigmas) => _sketch.Bounds(sigmas);
        public override void UnionWith(Subject other) => _sketch.UnionWith(((UltraSubject)other)._sketch);
        public override Subject Reduce(int precision) => new UltraSubject(_sketch.Reduce(precision));
        public override BoundedEstimate IntersectionWith(Subject other, int sigmas) => _sketch.IntersectionWith(((UltraSubject)other)._sketch, sigmas);
        public override BoundedEstimate JaccardWith(Subject other, int sigmas) => _sketch.JaccardWith(((UltraSubject)other)._sketch, sigmas);
        public override byte[] ToBytes() => _sketch.ToBytes();
        public override bool TryWriteBytes(Span<byte> destination, out int bytesWritten) => _sketch.TryWriteBytes(destination, out bytesWritten);
        public override void WriteTo(Stream stream) => _sketch.WriteTo(stream);
    }
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Primitives.Tests;

public class HashRingServiceCollectionTests
{
    [Fact]
    public void The_unnamed_router_is_a_singleton_with_the_ring_of_its_options()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddHashRing<string>(o =>
            {
                o.Nodes.Add(new("a", "http://a"));
                o.Nodes.Add(new("b", "http://b", 2));
                o.VirtualNodes = 50;
            })
            .BuildServiceProvider();
        HashRingRouter<string> router = services.GetRequiredService<HashRingRouter<string>>();

        Assert.Same(router, services.GetRequiredService<HashRingRouter<string>>());
        Assert.Equal([new("a", "http://a"), new RingNode<string>("b", "http://b", 2)], router.Ring.Members);
        Assert.Equal(150, router.Ring.PointCount);
    }

    [Fact]
    public void Named_routers_have_their_own_options_and_keys_and_types_of_node()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddHashRing<string>(o => o.Nodes.Add(new("a", "unnamed")))
            .AddHashRing<string>("caches", o =>
            {
                o.Points = RingPoints.Nginx;
                o.Nodes.Add(new("c:80", "cache"));
            })
            .AddHashRing<string>("shards", o => o.Nodes.Add(new("s", "shard")))
            .AddHashRing<int>("shards", o => o.Nodes.Add(new("i", 7)))
            .BuildServiceProvider();

        Assert.Equal("unnamed", services.GetRequiredService<HashRingRouter<string>>().Ring.GetNode(1));
        Assert.Equal("cache", services.GetRequiredKeyedService<HashRingRouter<string>>("caches").Ring.GetNode(1));
        Assert.Same(RingPoints.Nginx, services.GetRequiredKeyedService<HashRingRouter<string>>("caches").Ring.Points);
        Assert.Equal("shard", services.GetRequiredKeyedService<HashRingRouter<string>>("shards").Ring.GetNode(1));
        Assert.Equal(7, services.GetRequiredKeyedService<HashRingRouter<int>>("shards").Ring.GetNode(1));
        Assert.Same(
            services.GetRequiredKeyedService<HashRingRouter<int>>("shards"),
            services.GetRequiredKeyedService<HashRingRouter<int>>("shards"));
        Assert.Null(services.GetKeyedService<HashRingRouter<string>>("others"));
        Assert.Null(services.GetService<HashRingRouter<int>>());
    }

    [Fact]
    public void Adding_twice_adds_one_router_and_applies_both_configurations()
    {
        var collection = new ServiceCollection();
        Assert.Same(collection, collection.AddHashRing<int>(o => o.Nodes.Add(new("a", 1))).AddHashRing<int>(o => o.Nodes.Add(new("b", 2))));
        Assert.Same(collection, collection.AddHashRing<int>("k", o => o.Nodes.Add(new("c", 3))).AddHashRing<int>("k"));

        Assert.Equal(2, collection.Count(service => service.ServiceType == typeof(HashRingRouter<int>)));
        using ServiceProvider services = collection.BuildServiceProvider();
        Assert.Single(services.GetServices<HashRingRouter<int>>());
        Assert.Single(services.GetServices<IValidateOptions<HashRingOptions<int>>>());
        Assert.Equal(["a", "b"], services.GetRequiredService<HashRingRouter<int>>().Ring.Members.Select(node => node.Name));
        Assert.Equal(["c"], services.GetRequiredKeyedService<HashRingRouter<int>>("k").Ring.Members.Select(node => node.Name));
    }

    [Fact]
    public void A_router_registered_before_is_kept()
    {
        var own = new HashRingRouter<int>(HashRing<int>.Create([new("mine", 1)]));
        using ServiceProvider services = new ServiceCollection().AddSingleton(own).AddHashRing<int>().BuildServiceProvider();

        Assert.Same(own, services.GetRequiredService<HashRingRouter<int>>());
    }

    [Fact]
    public void A_ring_may_start_empty_and_be_updated_while_the_application_runs()
    {
        using ServiceProvider services = new ServiceCollection().AddHashRing<string>().BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        HashRingRouter<string> router = services.GetRequiredService<HashRingRouter<string>>();
        Assert.False(router.Ring.TryGetNode("key", out _));
        Assert.Equal(RingPoints.DefaultVirtualNodes, new HashRingOptions<string>().VirtualNodes);

        router.Update(ring => ring.Add(new("a", "http://a")));

        Assert.Equal("http://a", services.GetRequiredService<HashRingRouter<string>>().Ring.GetNode("key"));
        Assert.Equal(160, router.Ring.PointCount);
    }

    public static TheoryData<string, string> BadOptions => new()
    {
        { "duplicate", "\"a\"" },
        { "no name", "name" },
        { "no value", "no value" },
        { "weight", "finite and above 0" },
        { "virtual nodes", "virtualNodes" },
        { "too many points", "Lower the weights" },
        { "half a weight for nginx", "whole number" },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_that_make_no_ring_stop_the_application_at_start(string which, string message)
    {
        using ServiceProvider services = new ServiceCollection()
            .AddHashRing<string>()
            .AddHashRing<string>("bad", o => Spoil(o, which))
            .BuildServiceProvider();

        OptionsValidationException refusal = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Equal("bad", refusal.OptionsName);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<HashRingRouter<string>>("bad"));
    }

    [Fact]
    public void Virtual_nodes_are_not_used_where_points_are_set()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddHashRing<int>(o =>
            {
                (o.Points, o.VirtualNodes) = (RingPoints.Standard(7), -1);
                o.Nodes.Add(new("a", 1));
            })
            .BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();

        Assert.Equal(7, services.GetRequiredService<HashRingRouter<int>>().Ring.PointCount);
    }

    [Fact]
    public void Nodes_bind_from_configuration_which_may_leave_out_weight_and_zone()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["VirtualNodes"] = "50",
            ["Nodes:0:Name"] = "a",
            ["Nodes:0:Value"] = "http://a/",
            ["Nodes:1:Name"] = "b",
            ["Nodes:1:Value"] = "http://b/",
            ["Nodes:1:Weight"] = "2",
            ["Nodes:1:Zone"] = "north",
        }).Build();
        var collection = new ServiceCollection();
        collection.AddHashRing<Uri>("apis").AddOptions<HashRingOptions<Uri>>("apis").Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        HashRing<Uri> ring = services.GetRequiredKeyedService<HashRingRouter<Uri>>("apis").Ring;

        Assert.Equal([new("a", new Uri("http://a/")), new RingNode<Uri>("b", new Uri("http://b/"), 2, "north")], ring.Members);
        Assert.Equal(150, ring.PointCount);
    }

    [Fact]
    public void A_weight_of_zero_in_the_configuration_is_refused_and_not_taken_for_one_left_out()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Nodes:0:Name"] = "a",
            ["Nodes:0:Value"] = "1",
            ["Nodes:0:Weight"] = "0",
        }).Build();
        var collection = new ServiceCollection();
        collection.AddHashRing<int>().AddOptions<HashRingOptions<int>>().Bind(configuration);
        using ServiceProvider services = collection.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());
    }

    [Fact]
    public void Null_and_an_empty_name_are_refused()
    {
        Assert.Throws<ArgumentNullException>("services", () => default(IServiceCollection)!.AddHashRing<int>());
        Assert.Throws<ArgumentNullException>("services", () => default(IServiceCollection)!.AddHashRing<int>("k"));
        Assert.Throws<ArgumentNullException>("name", () => new ServiceCollection().AddHashRing<int>(name: null!));
        Assert.Throws<ArgumentException>("name", () => new ServiceCollection().AddHashRing<int>(""));
    }

    [Fact]
    public void The_gauges_read_the_current_ring_of_every_router()
    {
        using var factory = new MeterFactory();
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IMeterFactory>(factory)
            .AddHashRing<string>(o => o.Nodes.Add(new("a", "a")))
            .AddHashRing<int>("shards", o =>
            {
                o.VirtualNodes = 10;
                o.Nodes.Add(new("s", 1));
            })
            .BuildServiceProvider();
        var measured = new Dictionary<(string Instrument, string Name, string Type), int>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == factory)
            {
                Assert.Equal("Primitives.ConsistentHashing", instrument.Meter.Name);
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) =>
        {
            Dictionary<string, object?> byName = new(tags.ToArray());
            Assert.Equal(2, byName.Count);
            measured.Add(
                (instrument.Name,
                    (string)byName["primitives.consistent_hashing.name"]!,
                    (string)byName["primitives.consistent_hashing.node_type"]!),
                value);
        });
        listener.Start();
        HashRingRouter<string> unnamed = services.GetRequiredService<HashRingRouter<string>>();
        HashRingRouter<int> shards = services.GetRequiredKeyedService<HashRingRouter<int>>("shards");

        listener.RecordObservableInstruments();
        AssertMeasured(1, 160, 1, 10);

        unnamed.Update(ring => ring.Add(new("b", "b", 2)));
        shards.Update(ring => ring.Remove("s"));
        listener.RecordObservableInstruments();
        AssertMeasured(2, 480, 0, 0);

        void AssertMeasured(int nodes, int points, int shardNodes, int shardPoints)
        {
            Assert.Equal(4, measured.Count);
            Assert.Equal(nodes, measured[("primitives.consistent_hashing.nodes", "", "String")]);
            Assert.Equal(points, measured[("primitives.consistent_hashing.points", "", "String")]);
            Assert.Equal(shardNodes, measured[("primitives.consistent_hashing.nodes", "shards", "Int32")]);
            Assert.Equal(shardPoints, measured[("primitives.consistent_hashing.points", "shards", "Int32")]);
            measured.Clear();
        }
    }

    private static void Spoil(HashRingOptions<string> options, string how)
    {
        options.Nodes.Add(new("a", "a"));
        switch (how)
        {
            case "duplicate":
                options.Nodes.Add(new("a", "b"));
                break;
            case "no name":
                options.Nodes.Add(default);
                break;
            case "no value":
                options.Nodes.Add(new("b", null!));
                break;
            case "weight":
                options.Nodes.Add(new("b", "b", double.NaN));
                break;
            case "virtual nodes":
                options.VirtualNodes = 0;
                break;
            case "too many points":
                options.Nodes.Add(new("b", "b", 1e300));
                break;
            default:
                options.Points = RingPoints.Nginx;
                options.Nodes.Add(new("b", "b", 0.5));
                break;
        }
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}

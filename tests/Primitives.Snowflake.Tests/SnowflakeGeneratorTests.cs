namespace Primitives.Tests;

public class SnowflakeGeneratorTests
{
    [Fact]
    public void Ids_increase_and_carry_worker_and_time()
    {
        var ids = new SnowflakeGenerator(workerId: 7);
        long last = -1;
        for (int i = 0; i < 20_000; i++)
        {
            long id = ids.Next();
            Assert.True(id > last);
            Assert.Equal(7, ids.Layout.Decode(id).WorkerId);
            last = id;
        }
    }
}

/* Prints the XXH3-64 values that xxh3-64.csv holds: input_length,seed_hex,hash_hex.
 * Input byte i is the top byte of 0x9E3779B1 * 0x9E3779B185EBCA8D^i mod 2^64.
 * Needs the reference library (Debian: libxxhash-dev):  cc -O2 xxh3.c -lxxhash && ./a.out > xxh3-64.csv */
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

static void print(const unsigned char *input, size_t length, uint64_t seed)
{
    printf("%zu,%016" PRIx64 ",%016" PRIx64 "\n", length, seed, (uint64_t)XXH3_64bits_withSeed(input, length, seed));
}

int main(void)
{
    static unsigned char input[100000];
    static const uint64_t seeds[] = { 0, 1, 0x9E3779B185EBCA8DULL, 0xFFFFFFFFFFFFFFFFULL };
    static const size_t longer[] = { 511, 512, 513, 767, 1023, 1024, 1025, 1087, 1088, 1089, 2047, 2048, 2049, 2240, 2367, 4096, 65536, 100000 };

    uint64_t state = 0x9E3779B1ULL;
    for (size_t i = 0; i < sizeof input; i++) {
        input[i] = (unsigned char)(state >> 56);
        state *= 0x9E3779B185EBCA8DULL;
    }

    puts("length,seed,hash");
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        for (size_t length = 0; length <= 300; length++)
            print(input, length, seeds[s]);
        for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
            print(input, longer[i], seeds[s]);
    }
    return 0;
}

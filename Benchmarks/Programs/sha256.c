// Hash: SHA-256 (FIPS 180-4) of a long message; 32-bit rotations and a large working set of locals.
#include "report.h"

static uint32_t constants[64], state[8];

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

// The first 32 bits of the fractional part of a prime's square or cube root, found by bisection over 128-bit products.
static uint32_t root_bits(uint32_t prime, int cube) {
  uint64_t low = 0, high = (uint64_t)1 << 36;
  while (high - low > 1) {
    uint64_t middle = (low + high) / 2;
    unsigned __int128 square = (unsigned __int128)middle * middle, target = (unsigned __int128)prime << 64;
    int above = cube ? square * middle >= target << 32 : square >= target;
    if (above) high = middle;
    else low = middle;
  }
  return (uint32_t)low;
}

static void start(void) {
  for (uint32_t prime = 2, found = 0; found < 64; prime++) {
    uint32_t divisor = 2;
    while (divisor * divisor <= prime && prime % divisor) divisor++;
    if (divisor * divisor <= prime) continue;
    if (found < 8) state[found] = root_bits(prime, 0);
    constants[found++] = root_bits(prime, 1);
  }
}

static void absorb(const unsigned char *block) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++, block += 4) {
    w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
  }
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int main(void) {
  enum { size = 1 << 16, rounds = 220 };
  static unsigned char message[size];
  start();
  uint64_t seed = 1;
  for (int i = 0; i < size; i++) message[i] = (unsigned char)next_random(&seed);
  for (int round = 0; round < rounds; round++) {
    for (int at = 0; at < size; at += 64) absorb(message + at);
  }
  unsigned char last[64] = {0x80};
  uint64_t bits = (uint64_t)size * rounds * 8;
  for (int i = 0; i < 8; i++) last[63 - i] = (unsigned char)(bits >> 8 * i);
  absorb(last);
  for (int i = 0; i < 8; i += 2) report_hex("digest", (uint64_t)state[i] << 32 | state[i + 1]);
}

// 64-bit arithmetic: random number generators, modular powers, and a wide multiplication from halves.
#include "report.h"

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static uint64_t xoshiro(uint64_t s[4]) {
  uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

static uint64_t multiply_high(uint64_t a, uint64_t b) {
  uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
  return a1 * b1 + (middle >> 32) + ((a0 * b1 + (uint32_t)middle) >> 32);
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
  uint64_t result = 1;
  for (base %= modulus; exponent; exponent >>= 1) {
    if (exponent & 1) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

int main(void) {
  uint64_t s[4] = {1, 2, 3, 4}, sum = 0, product = 88172645463325252u;
  for (int i = 0; i < 16000000; i++) {
    uint64_t x = xoshiro(s);
    product = multiply_high(product | x, 0xd1342543de82ef95u) + i;
    sum += product ^ (uint64_t)__builtin_popcountll(x) ^ (uint64_t)__builtin_ctzll(x | 1u << 20);
  }
  report_hex("generators", sum);
  sum = 0;
  for (uint64_t n = 2; n < 60000; n++) sum = mix(sum, power(n, 1000003 + n, 4294967291u));
  report_hex("powers", sum);
}

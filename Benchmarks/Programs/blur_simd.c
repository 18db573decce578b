// SIMD, bytes and shorts: blurs an image, sixteen pixels at a time, and finds its edges by saturating subtraction.
#include "report.h"

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint16_t Shorts __attribute__((vector_size(16)));
typedef uint8_t HalfBytes __attribute__((vector_size(8)));

enum { width = 512, height = 128, rounds = 1000 };
static uint8_t picture[2][height][width];

static Bytes load(const uint8_t *from) {
  Bytes value;
  memcpy(&value, from, sizeof value);
  return value;
}

static Shorts low(Bytes v) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), Shorts);
}

static Shorts high(Bytes v) {
  return __builtin_convertvector(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), Shorts);
}

static Bytes narrow(Shorts a, Shorts b) {
  HalfBytes l = __builtin_convertvector(a, HalfBytes), h = __builtin_convertvector(b, HalfBytes);
  return __builtin_shufflevector(l, h, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static Bytes blur(Bytes above, Bytes left, Bytes here, Bytes right, Bytes below) {
  Shorts l = (low(above) + low(left) + low(here) * 4 + low(right) + low(below)) >> 3;
  Shorts h = (high(above) + high(left) + high(here) * 4 + high(right) + high(below)) >> 3;
  return narrow(l, h);
}

int main(void) {
  uint64_t seed = 41, sum = 0;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) picture[0][y][x] = picture[1][y][x] = (uint8_t)next_random(&seed);
  }
  for (int round = 0; round < rounds; round++) {
    uint8_t(*from)[width] = picture[round & 1], (*to)[width] = picture[~round & 1];
    for (int y = 1; y < height - 1; y++) {
      for (int x = 16; x < width - 16; x += 16) {
        Bytes here = load(&from[y][x]), left = load(&from[y][x - 1]), right = load(&from[y][x + 1]);
        Bytes result = blur(load(&from[y - 1][x]), left, here, right, load(&from[y + 1][x]));
        Bytes edge = __builtin_elementwise_max(left, right) - __builtin_elementwise_min(left, right);
        result = __builtin_elementwise_add_sat(result, edge >> 4);
        memcpy(&to[y][x], &result, sizeof result);
      }
    }
  }
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++) sum = mix(sum, picture[rounds & 1][y][x]);
  }
  report_hex("picture", sum);
}

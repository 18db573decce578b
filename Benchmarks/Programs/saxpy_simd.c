// SIMD, floats: scaled sums, dot products and a clamp over vectors of four single precision numbers.
#include "report.h"

typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Integers __attribute__((vector_size(16)));

enum { count = 4096, rounds = 3000 };
static Floats x[count], y[count];

static Floats splat(float value) { return (Floats){value, value, value, value}; }

static Floats choose(Integers mask, Floats a, Floats b) {
  return (Floats)(((Integers)a & mask) | ((Integers)b & ~mask));
}

int main(void) {
  uint64_t seed = 37;
  for (int i = 0; i < count; i++) {
    for (int lane = 0; lane < 4; lane++) {
      x[i][lane] = (float)(next_random(&seed) & 1023) - 512;
      y[i][lane] = (float)(next_random(&seed) & 1023) / 64;
    }
  }
  Floats total = splat(0), most = splat(150), least = splat(-150);
  Integers clamped = {0, 0, 0, 0};
  for (int round = 0; round < rounds; round++) {
    Floats scale = splat((float)(round % 7) / 8 - 0.375f);
    for (int i = 0; i < count; i++) {
      Floats sum = scale * x[i] + y[i];
      Integers above = sum > most, below = sum < least;
      clamped -= above + below;
      sum = choose(above, most, choose(below, least, sum));
      y[i] = sum;
      total += sum * x[i] / splat(65536);
    }
  }
  for (int lane = 0; lane < 4; lane++) {
    report_double("total", total[lane]);
    report("clamped", (uint64_t)clamped[lane]);
  }
}

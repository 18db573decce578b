// For the numeric kernels, which are named as in PolyBench: initial matrices, and a checksum of the results.
#ifndef KERNEL_H
#define KERNEL_H

#include "report.h"

// Numbers in [-1, 1).
static inline void fill(double *values, int count, uint64_t seed) {
  for (int i = 0; i < count; i++) values[i] = (double)(int64_t)next_random(&seed) / 0x1p63;
}

static inline void report_values(const char *name, const double *values, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) {
    uint64_t bits;
    memcpy(&bits, &values[i], sizeof bits);
    sum = mix(sum, bits);
  }
  report_hex(name, sum);
}

#endif

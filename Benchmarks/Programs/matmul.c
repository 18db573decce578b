// Float: multiplication of square matrices of doubles, then of 32-bit integers.
#include "report.h"

enum { n = 240 };
static double a[n][n], b[n][n], c[n][n];
static uint32_t p[n][n], q[n][n], r[n][n];

int main(void) {
  uint64_t seed = 7;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      a[i][j] = (double)(next_random(&seed) >> 40) / 1024;
      b[i][j] = (double)(next_random(&seed) >> 40) / 4096;
      p[i][j] = (uint32_t)next_random(&seed);
      q[i][j] = (uint32_t)next_random(&seed);
    }
  }
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        uint32_t whole = 0;
        for (int k = 0; k < n; k++) sum += a[i][k] * b[k][j];
        for (int k = 0; k < n; k++) whole += p[i][k] * q[k][j];
        c[i][j] = sum;
        r[i][j] = whole;
      }
    }
    a[round][round] = c[round][round] / 1e9;
    p[round][round] = r[round][round];
  }
  uint64_t sum = 0;
  double trace = 0;
  for (int i = 0; i < n; i++) {
    trace += c[i][i];
    for (int j = 0; j < n; j++) sum = mix(sum, r[i][j]);
  }
  report_double("trace", trace);
  report_hex("integers", sum);
}

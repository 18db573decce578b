// Float: fast Fourier transform in single precision; strided loads and stores, bit reversal, conversions.
#include "report.h"

enum { bits = 12, n = 1 << bits, rounds = 400 };
typedef struct {
  float re, im;
} Complex;
static Complex signal[n], roots[n / 2];

// The n-th roots of unity, each computed from the previous one, in double precision.
static void find_roots(void) {
  double half_cosine = -1, c = 1, s = 0;
  for (int i = 1; i < bits; i++) half_cosine = __builtin_sqrt((1 + half_cosine) / 2);
  double sine = __builtin_sqrt((1 - half_cosine) / 2), cosine = __builtin_sqrt((1 + half_cosine) / 2);
  for (int i = 0; i < n / 2; i++) {
    roots[i] = (Complex){(float)c, (float)s};
    double next = c * cosine - s * sine;
    s = c * sine + s * cosine;
    c = next;
  }
}

static void transform(void) {
  for (unsigned i = 1, j = 0; i < n; i++) {
    unsigned bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      Complex swapped = signal[i];
      signal[i] = signal[j];
      signal[j] = swapped;
    }
  }
  for (int half = 1; half < n; half *= 2) {
    for (int start = 0; start < n; start += 2 * half) {
      for (int k = 0; k < half; k++) {
        Complex *a = &signal[start + k], *b = a + half, root = roots[k * (n / 2 / half)];
        float re = b->re * root.re - b->im * root.im, im = b->re * root.im + b->im * root.re;
        *b = (Complex){a->re - re, a->im - im};
        *a = (Complex){a->re + re, a->im + im};
      }
    }
  }
}

int main(void) {
  uint64_t seed = 23, sum = 0;
  for (int i = 0; i < n; i++) signal[i] = (Complex){(float)(next_random(&seed) % 1000) - 500, 0};
  find_roots();
  for (int round = 0; round < rounds; round++) {
    transform();
    for (int i = 0; i < n; i++) {
      signal[i].re /= 64;
      signal[i].im /= 64;
    }
  }
  for (int i = 0; i < n; i++) {
    uint32_t pattern;
    memcpy(&pattern, &signal[i].re, 4);
    sum = mix(sum, pattern);
    sum += (uint64_t)(int64_t)(signal[i].im * 1024);
  }
  report_hex("spectrum", sum);
}

// Kernel: the most base pairs of an RNA strand, by dynamic programming over its intervals.
#include "report.h"

enum { n = 680 };
static uint8_t bases[n];
static int32_t pairs[n][n];

static int32_t greater(int32_t a, int32_t b) { return a > b ? a : b; }

int main(void) {
  uint64_t seed = 1;
  for (int i = 0; i < n; i++) bases[i] = next_random(&seed) % 4;
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++) {
      int32_t best = greater(pairs[i][j - 1], i + 1 < n ? pairs[i + 1][j] : 0);
      if (i + 1 < n) {
        int32_t match = i < j - 1 && bases[i] + bases[j] == 3;
        best = greater(best, pairs[i + 1][j - 1] + match);
      }
      for (int k = i + 1; k < j; k++) best = greater(best, pairs[i][k] + pairs[k + 1][j]);
      pairs[i][j] = best;
    }
  }
  report("nussinov", (uint64_t)pairs[0][n - 1]);
}

// Kernel: the shortest paths between all pairs of a graph's vertices, in 32-bit integers.
#include "report.h"

enum { n = 400 };
static int32_t path[n][n];

int main(void) {
  uint64_t seed = 1;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) path[i][j] = i == j ? 0 : 1 + (int32_t)(next_random(&seed) % 9999);
  }
  for (int k = 0; k < n; k++) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        int32_t around = path[i][k] + path[k][j];
        if (around < path[i][j]) path[i][j] = around;
      }
    }
  }
  uint64_t sum = 0;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) sum = mix(sum, (uint64_t)path[i][j]);
  }
  report_hex("floyd-warshall", sum);
}

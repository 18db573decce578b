// Kernel: C ← αAB + βC, row by row.
#include "kernel.h"

enum { n = 260 };
static double a[n][n], b[n][n], c[n][n];

int main(void) {
  const double alpha = 1.5, beta = 0.75;
  fill(a[0], n * n, 1);
  fill(b[0], n * n, 2);
  fill(c[0], n * n, 3);
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) c[i][j] *= beta;
      for (int k = 0; k < n; k++) {
        for (int j = 0; j < n; j++) c[i][j] += alpha * a[i][k] * b[k][j];
      }
    }
  }
  report_values("gemm", c[0], n * n);
}

// Kernel: Cholesky decomposition of a symmetric matrix, in place.
#include "kernel.h"

enum { n = 620 };
static double a[n][n];

int main(void) {
  fill(a[0], n * n, 1);
  for (int i = 0; i < n; i++) {
    a[i][i] += n;
    for (int j = 0; j < i; j++) a[j][i] = a[i][j];
  }
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
    for (int k = 0; k < i; k++) a[i][i] -= a[i][k] * a[i][k];
    a[i][i] = __builtin_sqrt(a[i][i]);
  }
  report_values("cholesky", a[0], n * n);
}

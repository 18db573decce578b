// Kernel: LU decomposition of a matrix, in place.
#include "kernel.h"

enum { n = 500 };
static double a[n][n];

int main(void) {
  fill(a[0], n * n, 1);
  // The diagonal is dominant, so that no pivoting is needed.
  for (int i = 0; i < n; i++) a[i][i] += n;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a[i][j] -= a[i][k] * a[k][j];
      a[i][j] /= a[j][j];
    }
    for (int j = i; j < n; j++) {
      for (int k = 0; k < i; k++) a[i][j] -= a[i][k] * a[k][j];
    }
  }
  report_values("lu", a[0], n * n);
}

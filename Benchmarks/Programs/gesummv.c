// Kernel: y ← αAx + βBx.
#include "kernel.h"

enum { n = 900 };
static double a[n][n], b[n][n], x[n], y[n];

int main(void) {
  const double alpha = 1.5, beta = 1.25;
  fill(a[0], n * n, 1);
  fill(b[0], n * n, 2);
  fill(x, n, 3);
  for (int round = 0; round < 50; round++) {
    for (int i = 0; i < n; i++) {
      double first = 0, second = 0;
      for (int j = 0; j < n; j++) {
        first += a[i][j] * x[j];
        second += b[i][j] * x[j];
      }
      y[i] = alpha * first + beta * second;
    }
    for (int i = 0; i < n; i++) x[i] = y[i] / n;
  }
  report_values("gesummv", y, n);
}

// Kernel: each point of a grid becomes the mean of itself and its four neighbours, from one grid to another and back.
#include "kernel.h"

enum { n = 300, steps = 200 };
static double a[n][n], b[n][n];

static void step(double from[n][n], double to[n][n]) {
  for (int i = 1; i < n - 1; i++) {
    for (int j = 1; j < n - 1; j++) {
      to[i][j] = 0.2 * (from[i][j] + from[i][j - 1] + from[i][j + 1] + from[i + 1][j] + from[i - 1][j]);
    }
  }
}

int main(void) {
  fill(a[0], n * n, 1);
  fill(b[0], n * n, 1);
  for (int t = 0; t < steps; t++) {
    step(a, b);
    step(b, a);
  }
  report_values("jacobi-2d", a[0], n * n);
}

// Kernel: heat diffusion in a cube.
#include "kernel.h"

enum { n = 48, steps = 100 };
static double a[n][n][n], b[n][n][n];

static void step(double from[n][n][n], double to[n][n][n]) {
  for (int i = 1; i < n - 1; i++) {
    for (int j = 1; j < n - 1; j++) {
      for (int k = 1; k < n - 1; k++) {
        double here = from[i][j][k];
        to[i][j][k] = 0.125 * (from[i + 1][j][k] - 2.0 * here + from[i - 1][j][k]) +
                      0.125 * (from[i][j + 1][k] - 2.0 * here + from[i][j - 1][k]) +
                      0.125 * (from[i][j][k + 1] - 2.0 * here + from[i][j][k - 1]) + here;
      }
    }
  }
}

int main(void) {
  fill(a[0][0], n * n * n, 1);
  fill(b[0][0], n * n * n, 1);
  for (int t = 0; t < steps; t++) {
    step(a, b);
    step(b, a);
  }
  report_values("heat-3d", a[0][0], n * n * n);
}

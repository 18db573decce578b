// Kernel: each point of a grid becomes the mean of the nine around it, in place.
#include "kernel.h"

enum { n = 300, steps = 250 };
static double a[n][n];

int main(void) {
  fill(a[0], n * n, 1);
  for (int t = 0; t < steps; t++) {
    for (int i = 1; i < n - 1; i++) {
      for (int j = 1; j < n - 1; j++) {
        a[i][j] = (a[i - 1][j - 1] + a[i - 1][j] + a[i - 1][j + 1] + a[i][j - 1] + a[i][j] + a[i][j + 1] +
                   a[i + 1][j - 1] + a[i + 1][j] + a[i + 1][j + 1]) /
                  9.0;
      }
    }
  }
  report_values("seidel-2d", a[0], n * n);
}

// Kernel: D ← αABC + βD, by two products.
#include "kernel.h"

enum { n = 200 };
static double a[n][n], b[n][n], c[n][n], d[n][n], product[n][n];

int main(void) {
  const double alpha = 1.5, beta = 0.75;
  fill(a[0], n * n, 1);
  fill(b[0], n * n, 2);
  fill(c[0], n * n, 3);
  fill(d[0], n * n, 4);
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int k = 0; k < n; k++) sum += alpha * a[i][k] * b[k][j];
        product[i][j] = sum;
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = d[i][j] * beta;
        for (int k = 0; k < n; k++) sum += product[i][k] * c[k][j];
        d[i][j] = sum;
      }
    }
  }
  report_values("2mm", d[0], n * n);
}

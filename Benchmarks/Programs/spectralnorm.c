// Float: the spectral norm of a truncated infinite matrix; integer-to-float conversion and division.
#include "report.h"

enum { n = 1200 };

static double element(unsigned i, unsigned j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double *v, double *result) {
  for (unsigned i = 0; i < n; i++) {
    double sum = 0;
    for (unsigned j = 0; j < n; j++) sum += element(i, j) * v[j];
    result[i] = sum;
  }
}

static void multiply_transposed(const double *v, double *result) {
  for (unsigned i = 0; i < n; i++) {
    double sum = 0;
    for (unsigned j = 0; j < n; j++) sum += element(j, i) * v[j];
    result[i] = sum;
  }
}

int main(void) {
  static double u[n], v[n], t[n];
  for (unsigned i = 0; i < n; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    multiply(u, t);
    multiply_transposed(t, v);
    multiply(v, t);
    multiply_transposed(t, u);
  }
  double uv = 0, vv = 0;
  for (unsigned i = 0; i < n; i++) {
    uv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  report_double("norm", __builtin_sqrt(uv / vv));
}

// Kernel: the correlation matrix of a table's columns.
#include "kernel.h"

enum { rows = 300, columns = 240 };
static double data[rows][columns], result[columns][columns], mean[columns], deviation[columns];

static void normalize(void) {
  for (int j = 0; j < columns; j++) {
    mean[j] = 0;
    for (int i = 0; i < rows; i++) mean[j] += data[i][j];
    mean[j] /= rows;
    deviation[j] = 0;
    for (int i = 0; i < rows; i++) deviation[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    deviation[j] = __builtin_sqrt(deviation[j] / rows);
    if (deviation[j] <= 0.1) deviation[j] = 1;
  }
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      data[i][j] = (data[i][j] - mean[j]) / (__builtin_sqrt(rows) * deviation[j]);
    }
  }
}

int main(void) {
  fill(data[0], rows * columns, 1);
  for (int round = 0; round < 8; round++) {
    normalize();
    for (int i = 0; i < columns; i++) {
      result[i][i] = 1;
      for (int j = i + 1; j < columns; j++) {
        double sum = 0;
        for (int k = 0; k < rows; k++) sum += data[k][i] * data[k][j];
        result[i][j] = result[j][i] = sum;
      }
    }
  }
  report_values("correlation", result[0], columns * columns);
}

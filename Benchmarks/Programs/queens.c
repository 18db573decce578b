// Backtracking: all solutions of the n queens problem, first with bits, then with arrays.
#include "report.h"

static unsigned solve_bits(unsigned all, unsigned columns, unsigned left, unsigned right) {
  if (columns == all) return 1;
  unsigned solutions = 0;
  for (unsigned free = all & ~(columns | left | right); free; free &= free - 1) {
    unsigned bit = free & -free;
    solutions += solve_bits(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return solutions;
}

static int queen[16];

static int attacked(int row, int column) {
  for (int i = 0; i < row; i++) {
    int distance = queen[i] - column;
    if (distance == 0 || distance == row - i || distance == i - row) return 1;
  }
  return 0;
}

static unsigned solve_arrays(int row, int size) {
  if (row == size) return 1;
  unsigned solutions = 0;
  for (int column = 0; column < size; column++) {
    if (attacked(row, column)) continue;
    queen[row] = column;
    solutions += solve_arrays(row + 1, size);
  }
  return solutions;
}

int main(void) {
  report("bits", solve_bits((1u << 13) - 1, 0, 0, 0));
  report("arrays", solve_arrays(0, 12));
}

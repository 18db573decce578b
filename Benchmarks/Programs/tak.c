// Calls: Takeuchi's function (three arguments) and Ackermann's (deep recursion).
#include "report.h"

__attribute__((noinline)) static int tak(int x, int y, int z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

__attribute__((noinline)) static unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

int main(void) {
  uint64_t sum = 0;
  for (int i = 0; i < 400; i++) sum = mix(sum, (uint64_t)tak(18 + i % 4, 12, 6));
  for (int i = 0; i < 20; i++) sum = mix(sum, ackermann(2, 300));
  for (int i = 0; i < 12; i++) sum = mix(sum, ackermann(3, 7));
  report_hex("tak and ackermann", sum);
}

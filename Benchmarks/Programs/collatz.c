// Integer: the longest Collatz chain; 64-bit arithmetic and an unpredictable branch.
#include "report.h"

int main(void) {
  unsigned longest = 0, start = 0;
  for (unsigned i = 1; i < 1000000; i += 2) {
    uint64_t n = i;
    unsigned length = 1;
    while (n != 1) {
      n = n & 1 ? 3 * n + 1 : n >> 1;
      length++;
    }
    if (length > longest) {
      longest = length;
      start = i;
    }
  }
  report("start", start);
  report("length", longest);
}

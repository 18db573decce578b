// Integer: the sieve of Eratosthenes; byte stores at growing strides, and counting.
#include "report.h"

enum { limit = 4000000 };
static unsigned char composite[limit];

static unsigned count_primes(unsigned end) {
  memset(composite, 0, end);
  for (unsigned i = 2; i * i < end; i++) {
    if (composite[i]) continue;
    for (unsigned j = i * i; j < end; j += i) composite[j] = 1;
  }
  unsigned count = 0;
  for (unsigned i = 2; i < end; i++) count += !composite[i];
  return count;
}

int main(void) {
  uint64_t sum = 0;
  for (unsigned round = 0; round < 10; round++) sum = mix(sum, count_primes(limit - round * 1000));
  report("primes below the limit", count_primes(limit));
  report_hex("sieve", sum);
}

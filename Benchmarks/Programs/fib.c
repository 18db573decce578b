// Calls: Fibonacci numbers by recursion.
#include "report.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) { report("fib", fib(36)); }

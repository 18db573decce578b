// br_table: a small stack machine, running a program that counts primes by trial division.
#include "report.h"

enum Operation { push, load, store, add, multiply, remainder_of, less, jump, jump_if_zero, halt };

static struct {
  int operation, operand;
} code[64];
static int end;

static int emit(int operation, int operand) {
  code[end].operation = operation;
  code[end].operand = operand;
  return end++;
}

static void assign_sum(int variable, int operation, int operand) {
  emit(load, variable);
  emit(operation, operand);
  emit(add, 0);
  emit(store, variable);
}

static uint64_t executed;

static int run(int result) {
  static int stack[32], variables[8];
  int *top = stack;
  for (int pc = 0;; executed++) {
    int operand = code[pc].operand;
    switch (code[pc++].operation) {
      case push: *top++ = operand; break;
      case load: *top++ = variables[operand]; break;
      case store: variables[operand] = *--top; break;
      case add: top--; top[-1] += top[0]; break;
      case multiply: top--; top[-1] *= top[0]; break;
      case remainder_of: top--; top[-1] %= top[0]; break;
      case less: top--; top[-1] = top[-1] < top[0]; break;
      case jump: pc = operand; break;
      case jump_if_zero: if (*--top == 0) pc = operand; break;
      case halt: return variables[result];
    }
  }
}

int main(void) {
  enum Variable { n, divisor, count };
  emit(push, 2);
  emit(store, n);
  int next_number = end;  // while n < 55000
  emit(load, n);
  emit(push, 55000);
  emit(less, 0);
  int leave = emit(jump_if_zero, 0);
  emit(push, 2);
  emit(store, divisor);
  int next_divisor = end;  // while n >= divisor * divisor
  emit(load, n);
  emit(load, divisor);
  emit(load, divisor);
  emit(multiply, 0);
  emit(less, 0);
  int try_divisor = emit(jump_if_zero, 0);
  assign_sum(count, push, 1);
  int prime = emit(jump, 0);
  code[try_divisor].operand = end;
  emit(load, n);
  emit(load, divisor);
  emit(remainder_of, 0);
  int composite = emit(jump_if_zero, 0);
  assign_sum(divisor, push, 1);
  emit(jump, next_divisor);
  code[prime].operand = code[composite].operand = end;
  assign_sum(n, push, 1);
  emit(jump, next_number);
  code[leave].operand = end;
  emit(halt, 0);

  uint64_t sum = 0;
  for (int i = 0; i < 2; i++) sum += (uint64_t)run(count);
  report("primes", sum);
  report("instructions", executed);
}

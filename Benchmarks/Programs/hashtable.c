// Hash table: open addressing with deletion by shifting back; keys are strings of eight bytes.
#include "report.h"

enum { capacity = 1 << 16, mask = capacity - 1 };
typedef struct {
  char key[8];
  uint32_t value, used;
} Slot;
static Slot slots[capacity];

static uint32_t hash(const char key[8]) {
  uint32_t h = 2166136261u;
  for (int i = 0; i < 8; i++) h = (h ^ (unsigned char)key[i]) * 16777619u;
  return h ^ h >> 15;
}

static uint32_t find(const char key[8]) {
  uint32_t at = hash(key) & mask;
  while (slots[at].used && memcmp(slots[at].key, key, 8)) at = (at + 1) & mask;
  return at;
}

static void take_out(const char key[8]) {
  uint32_t hole = find(key);
  if (!slots[hole].used) return;
  for (uint32_t at = (hole + 1) & mask; slots[at].used; at = (at + 1) & mask) {
    uint32_t home = hash(slots[at].key) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots[hole] = slots[at];
    hole = at;
  }
  slots[hole].used = 0;
}

static void make_key(char key[8], uint64_t number) {
  for (int i = 0; i < 8; i++, number /= 26) key[i] = (char)('a' + number % 26);
}

int main(void) {
  uint64_t seed = 17, sum = 0;
  char key[8];
  for (int i = 0; i < 3000000; i++) {
    uint64_t random = next_random(&seed);
    make_key(key, random % 45000);
    if (random >> 62 == 0) {
      take_out(key);
    } else {
      Slot *slot = &slots[find(key)];
      if (!slot->used) {
        memcpy(slot->key, key, 8);
        slot->used = 1;
        slot->value = 0;
      }
      slot->value += (uint32_t)i;
    }
  }
  uint32_t used = 0;
  for (int i = 0; i < capacity; i++) {
    if (!slots[i].used) continue;
    used++;
    sum += mix(hash(slots[i].key), slots[i].value);
  }
  report("entries", used);
  report_hex("table", sum);
}

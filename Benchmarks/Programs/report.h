// Prints results without printf, which would make up most of each module.
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>
#include <string.h>
#include <unistd.h>

// Writes "name: " and `value` in the given base, and a line feed, to standard output. A name has up to 48 characters.
static inline void report_number(const char *name, uint64_t value, unsigned base) {
  char line[128];
  char digits[64];
  size_t length = 0, count = 0;
  while (name[length] && length < 48) {
    line[length] = name[length];
    length++;
  }
  line[length++] = ':';
  line[length++] = ' ';
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value);
  while (count) line[length++] = digits[--count];
  line[length++] = '\n';
  if (write(1, line, length) != (ssize_t)length) _exit(1);
}

static inline void report(const char *name, uint64_t value) { report_number(name, value, 10); }

static inline void report_hex(const char *name, uint64_t value) { report_number(name, value, 16); }

// Prints the bit pattern, so that any difference in rounding shows.
static inline void report_double(const char *name, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  report_hex(name, bits);
}

// A fixed sequence of numbers to work on (Steele & Vigna's splitmix64).
static inline uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Mixes `value` into a running checksum.
static inline uint64_t mix(uint64_t sum, uint64_t value) {
  sum ^= value;
  sum *= 0x100000001b3u;
  return sum ^ (sum >> 29);
}

#endif

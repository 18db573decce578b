// Hash: CRC-32 by table and bit by bit, and Adler-32; byte loads, each of which depends on the previous one.
#include "report.h"

enum { size = 1 << 18 };
static unsigned char data[size];
static uint32_t table[256];

static uint32_t step(uint32_t crc) {
  for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  return crc;
}

static uint32_t crc_by_table(uint32_t crc, int end) {
  crc = ~crc;
  for (int i = 0; i < end; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
  return ~crc;
}

static uint32_t crc_by_bits(uint32_t crc, int end) {
  crc = ~crc;
  for (int i = 0; i < end; i++) crc = step(crc ^ data[i]);
  return ~crc;
}

static uint32_t adler(int end) {
  uint32_t a = 1, b = 0;
  for (int i = 0; i < end; i++) {
    a = (a + data[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

int main(void) {
  uint64_t seed = 13;
  for (int i = 0; i < size; i++) data[i] = (unsigned char)next_random(&seed);
  for (uint32_t i = 0; i < 256; i++) table[i] = step(i);
  uint32_t crc = 0, sum = 0;
  for (int round = 0; round < 130; round++) crc = crc_by_table(crc, size - round);
  report_hex("by table", crc);
  for (int round = 0; round < 20; round++) crc = crc_by_bits(crc, size - round);
  report_hex("by bits", crc);
  for (int round = 0; round < 60; round++) sum += adler(size - round);
  report_hex("adler", sum);
}

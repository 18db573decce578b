// Bytes: compresses a text by back references found through hash chains, and expands it again.
#include "report.h"

enum { size = 200000, window = 8192, most = 66 };
static unsigned char text[size], packed[size * 2], again[size];
static int head[4096], before[window];

static unsigned hash(const unsigned char *p) {
  return ((unsigned)p[0] << 8 ^ (unsigned)p[1] << 4 ^ p[2]) * 2654435761u >> 20;
}

static int compress(void) {
  unsigned char *out = packed;
  memset(head, 0xff, sizeof head);
  for (int i = 0; i < size;) {
    int best = 0, distance = 0;
    if (i + most < size) {
      int at = head[hash(text + i)];
      for (int tries = 24; at >= 0 && i - at < window && tries; tries--, at = before[at % window]) {
        int length = 0;
        while (length < most && text[at + length] == text[i + length]) length++;
        if (length > best) best = length, distance = i - at;
      }
    }
    int step = best > 3 ? best : 1;
    if (step > 1) {
      *out++ = (unsigned char)(128 | (best - 3));
      *out++ = (unsigned char)(distance >> 8);
      *out++ = (unsigned char)distance;
    } else {
      *out++ = text[i] & 127;
    }
    for (; step; step--, i++) {
      if (i + 3 > size) continue;
      unsigned h = hash(text + i);
      before[i % window] = head[h];
      head[h] = i;
    }
  }
  return (int)(out - packed);
}

static int expand(int length) {
  unsigned char *out = again;
  for (int i = 0; i < length;) {
    unsigned char c = packed[i++];
    if (c < 128) {
      *out++ = c;
      continue;
    }
    const unsigned char *from = out - (packed[i] << 8 | packed[i + 1]);
    i += 2;
    for (int n = (c & 127) + 3; n; n--) *out++ = *from++;
  }
  return (int)(out - again);
}

int main(void) {
  uint64_t seed = 31, sum = 0;
  for (int round = 0; round < 16; round++) {
    for (int i = 0; i < size; i++) {
      uint64_t random = next_random(&seed);
      if (random % 16 == 0 && i > 5000) {
        int back = 4000 - (int)(random >> 50 & 2047);
        for (uint64_t n = random >> 40 & 31; n && i < size - 1; n--, i++) text[i] = text[i - back];
      }
      text[i] = "etaoin shrdlu cmfwyp"[random >> 8 & 15];
    }
    int length = compress();
    if (expand(length) != size || memcmp(text, again, size)) report("differs in round", (uint64_t)round);
    sum = mix(sum, (uint64_t)length);
  }
  report_hex("packed", sum);
}

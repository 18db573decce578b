// Integer: Conway's game of life on bytes; loads at neighbouring offsets.
#include "report.h"

enum { side = 256, generations = 200 };
static unsigned char world[2][side + 2][side + 2];

int main(void) {
  uint64_t seed = 29, sum = 0;
  for (int y = 1; y <= side; y++) {
    for (int x = 1; x <= side; x++) world[0][y][x] = next_random(&seed) % 3 == 0;
  }
  for (int generation = 0; generation < generations; generation++) {
    unsigned char(*from)[side + 2] = world[generation & 1], (*to)[side + 2] = world[~generation & 1];
    unsigned alive = 0;
    for (int y = 1; y <= side; y++) {
      for (int x = 1; x <= side; x++) {
        int around = from[y - 1][x - 1] + from[y - 1][x] + from[y - 1][x + 1] + from[y][x - 1] + from[y][x + 1] +
                     from[y + 1][x - 1] + from[y + 1][x] + from[y + 1][x + 1];
        to[y][x] = around == 3 || (around == 2 && from[y][x]);
        alive += to[y][x];
      }
    }
    sum = mix(sum, alive);
  }
  report_hex("life", sum);
}

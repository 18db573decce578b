// Float: iterations of the Mandelbrot set; everything stays in locals.
#include "report.h"

enum { width = 800, height = 600, most = 400 };

int main(void) {
  uint64_t sum = 0, inside = 0;
  for (int row = 0; row < height; row++) {
    for (int column = 0; column < width; column++) {
      double cr = 3.0 * column / width - 2.1, ci = 2.4 * row / height - 1.2;
      double zr = 0, zi = 0, rr = 0, ii = 0;
      int n = 0;
      while (n < most && rr + ii <= 4.0) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
        n++;
      }
      inside += n == most;
      sum = mix(sum, (uint64_t)n);
    }
  }
  report("inside", inside);
  report_hex("image", sum);
}

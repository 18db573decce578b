// call_indirect: objects of several shapes, each with a table of function pointers.
#include "report.h"

typedef struct Shape Shape;
struct Shape {
  int (*area)(const Shape *);
  void (*grow)(Shape *, int);
  int (*weight)(const Shape *, int, int);
  int a, b;
};

static int square_area(const Shape *s) { return s->a * s->a; }
static int oblong_area(const Shape *s) { return s->a * s->b; }
static int triangle_area(const Shape *s) { return s->a * s->b / 2; }
static void grow_both(Shape *s, int by) {
  s->a = (s->a + by) & 1023;
  s->b = (s->b ^ by) & 1023;
}
static void grow_one(Shape *s, int by) { s->a = (s->a * 5 + by) & 1023; }
static int weight_by_area(const Shape *s, int density, int depth) { return s->area(s) * density + depth; }
static int weight_by_sides(const Shape *s, int density, int depth) { return (s->a + s->b) * density - depth; }

enum { count = 1000, rounds = 9000 };
static Shape shapes[count];

int main(void) {
  uint64_t seed = 42;
  for (int i = 0; i < count; i++) {
    unsigned kind = (unsigned)(next_random(&seed) % 3);
    shapes[i] = (Shape){kind == 0 ? square_area : kind == 1 ? oblong_area : triangle_area,
                        i & 1 ? grow_both : grow_one, i & 2 ? weight_by_area : weight_by_sides,
                        (int)(next_random(&seed) & 1023), (int)(next_random(&seed) & 1023)};
  }
  uint32_t sum = 0;
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < count; i++) {
      Shape *s = &shapes[i];
      sum += (uint32_t)s->weight(s, round & 7, i);
      s->grow(s, round);
    }
  }
  report("weight", sum);
}

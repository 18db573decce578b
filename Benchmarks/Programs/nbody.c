// Float: a planetary system, integrated step by step; doubles in structures, square roots.
#include "report.h"

enum { bodies = 5, steps = 450000 };

typedef struct {
  double x, y, z, vx, vy, vz, mass;
} Body;

static Body system[bodies] = {
    {0, 0, 0, 0, 0, 0, 39.47},
    {4.84, -1.16, -0.10, 0.60, 2.81, -0.02, 0.037},
    {8.34, 4.12, -0.40, -1.01, 1.82, 0.008, 0.011},
    {12.89, -15.11, -0.22, 1.08, 0.86, -0.010, 0.0017},
    {15.37, -25.91, 0.17, 0.97, 0.59, -0.034, 0.0020},
};

static void advance(double dt) {
  for (int i = 0; i < bodies; i++) {
    Body *a = &system[i];
    for (int j = i + 1; j < bodies; j++) {
      Body *b = &system[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = dt / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * pull;
      a->vy -= dy * b->mass * pull;
      a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull;
      b->vy += dy * a->mass * pull;
      b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < bodies; i++) {
    system[i].x += dt * system[i].vx;
    system[i].y += dt * system[i].vy;
    system[i].z += dt * system[i].vz;
  }
}

int main(void) {
  for (int step = 0; step < steps; step++) advance(0.001);
  double energy = 0;
  for (int i = 0; i < bodies; i++) {
    Body *b = &system[i];
    energy += 0.5 * b->mass * (b->vx * b->vx + b->vy * b->vy + b->vz * b->vz);
  }
  report_double("energy", energy);
}

// SIMD, bytes: counts lines and words, writes hexadecimal and folds case by masks and table look-ups (swizzle).
#ifndef __wasm_simd128__
#error "written in the intrinsics of WebAssembly, so it has no native build"
#endif
#include "report.h"

#include <wasm_simd128.h>

enum { size = 1 << 16, rounds = 1000 };
static uint8_t text[size], folded[size], hexadecimal[2 * size];
static uint32_t newlines, words;

static void count(void) {
  uint32_t carried = 1;
  for (int i = 0; i < size; i += 16) {
    v128_t bytes = wasm_v128_load(text + i);
    v128_t newline = wasm_i8x16_eq(bytes, wasm_i8x16_const_splat('\n'));
    v128_t blank = wasm_v128_or(newline, wasm_i8x16_eq(bytes, wasm_i8x16_const_splat(' ')));
    if (wasm_v128_any_true(newline)) newlines += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(newline));
    uint32_t mask = wasm_i8x16_bitmask(blank);
    words += (uint32_t)__builtin_popcount((mask << 1 | carried) & ~mask & 0xffff);
    carried = mask >> 15;
  }
}

static void fold(void) {
  for (int i = 0; i < size; i += 16) {
    v128_t bytes = wasm_v128_load(text + i);
    v128_t upper = wasm_u8x16_lt(wasm_i8x16_sub(bytes, wasm_i8x16_const_splat('A')), wasm_i8x16_const_splat(26));
    v128_t lower = wasm_v128_or(bytes, wasm_i8x16_const_splat(32));
    wasm_v128_store(folded + i, wasm_v128_bitselect(lower, bytes, upper));
  }
}

static void write_hexadecimal(void) {
  v128_t digits = wasm_i8x16_const('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  for (int i = 0; i < size; i += 16) {
    v128_t bytes = wasm_v128_load(folded + i);
    v128_t high = wasm_i8x16_swizzle(digits, wasm_u8x16_shr(bytes, 4));
    v128_t low = wasm_i8x16_swizzle(digits, wasm_v128_and(bytes, wasm_i8x16_const_splat(15)));
    v128_t first = wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    v128_t second = wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    wasm_v128_store(hexadecimal + 2 * i, first);
    wasm_v128_store(hexadecimal + 2 * i + 16, second);
  }
}

int main(void) {
  uint64_t seed = 43, sum = 0;
  for (int i = 0; i < size; i++) text[i] = (uint8_t)"Needle Tail\nSwift bird "[next_random(&seed) % 23];
  for (int round = 0; round < rounds; round++) {
    count();
    fold();
    write_hexadecimal();
    text[round * 61] = '\n';
  }
  for (int i = 0; i < 2 * size; i++) sum = mix(sum, hexadecimal[i]);
  report("lines", newlines);
  report("words", words);
  report_hex("hexadecimal", sum);
}

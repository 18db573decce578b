// Strings: makes a text, splits it into words, reverses, compares, searches and converts numbers.
#include "report.h"

enum { size = 300000, most_words = 70000 };
static char text[size + 1];
static char *words[most_words];

static void write_text(uint64_t *seed) {
  static const char *const syllables[] = {"nee", "dle", "ta", "il", "swi", "ft", "ca", "ve", "ba", "rn", "al", "pine"};
  size_t at = 0;
  while (at < size - 32) {
    for (uint64_t n = next_random(seed) % 3 + 1; n; n--) {
      const char *syllable = syllables[next_random(seed) % 12];
      size_t length = strlen(syllable);
      memcpy(text + at, syllable, length);
      at += length;
    }
    if (next_random(seed) % 8 == 0) {
      for (uint64_t n = next_random(seed) % 100000; n; n /= 10) text[at++] = (char)('0' + n % 10);
    }
    text[at++] = ' ';
  }
  text[at] = 0;
}

static size_t split(void) {
  size_t count = 0;
  for (char *at = text; *at && count < most_words;) {
    while (*at == ' ') at++;
    if (!*at) break;
    words[count++] = at;
    while (*at && *at != ' ') at++;
    if (*at) *at++ = 0;
  }
  return count;
}

static uint32_t digits(const char *word) {
  uint32_t value = 0;
  for (; *word; word++) {
    if (*word >= '0' && *word <= '9') value = value * 10 + (uint32_t)(*word - '0');
  }
  return value;
}

static void reverse(char *word) {
  for (char *last = word + strlen(word) - 1; word < last; word++, last--) {
    char swapped = *word;
    *word = *last;
    *last = swapped;
  }
}

static unsigned occurrences(const char *word, const char *part) {
  unsigned count = 0;
  for (; *word; word++) {
    const char *a = word, *b = part;
    while (*b && *a == *b) a++, b++;
    count += !*b;
  }
  return count;
}

int main(void) {
  uint64_t seed = 21, sum = 0;
  for (int round = 0; round < 25; round++) {
    write_text(&seed);
    size_t count = split();
    for (size_t i = 1; i < count; i++) {
      sum = mix(sum, (uint64_t)(strcmp(words[i - 1], words[i]) < 0) + digits(words[i]));
      sum += occurrences(words[i], "tail") + 3 * occurrences(words[i], "ve");
      if (i % 3 == 0) reverse(words[i]);
      if (memchr(words[i], 'p', strlen(words[i]))) sum += i;
    }
  }
  report_hex("words", sum);
}

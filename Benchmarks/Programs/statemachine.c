// br_table: a lexer as a state machine that looks at one character at a time.
#include "report.h"

enum { size = 60000, rounds = 500 };
enum State { blank, word, number, fraction, string, escape, slash, line_comment, block_comment, star };
static char text[size];

static unsigned counts[10];

static void scan(void) {
  enum State state = blank;
  for (int i = 0; i < size; i++) {
    char c = text[i];
    enum State before = state;
    switch (state) {
      case blank:
      start:
        switch (c) {
          case '"': state = string; break;
          case '/': state = slash; break;
          case '0': case '1': case '2': case '3': case '4':
          case '5': case '6': case '7': case '8': case '9': state = number; break;
          case ' ': case '\n': case '.': case '*': case '\\': state = blank; break;
          default: state = word; break;
        }
        break;
      case word:
        if (c < '0' || (c > '9' && c < 'a')) goto start;
        break;
      case number:
        if (c == '.') state = fraction;
        else if (c < '0' || c > '9') goto start;
        break;
      case fraction:
        if (c < '0' || c > '9') goto start;
        break;
      case string:
        if (c == '"' || c == '\n') state = blank;
        else if (c == '\\') state = escape;
        break;
      case escape: state = string; break;
      case slash:
        if (c == '/') state = line_comment;
        else if (c == '*') state = block_comment;
        else goto start;
        break;
      case line_comment:
        if (c == '\n') state = blank;
        break;
      case block_comment:
        if (c == '*') state = star;
        break;
      case star:
        if (c == '/') state = blank;
        else if (c != '*') state = block_comment;
        break;
    }
    if (state != before) counts[state]++;
  }
}

int main(void) {
  static const char alphabet[] = "abcdefgh  \n0123456789..\"\\//**xyz \n  mnop";
  uint64_t seed = 3;
  for (int i = 0; i < size; i++) text[i] = alphabet[next_random(&seed) % (sizeof alphabet - 1)];
  for (int round = 0; round < rounds; round++) {
    scan();
    text[round * 31] = alphabet[round % (int)(sizeof alphabet - 1)];
  }
  uint64_t sum = 0;
  for (int i = 0; i < 10; i++) sum = mix(sum, counts[i]);
  report("words", counts[word]);
  report_hex("states", sum);
}

// What the examples have in common: modules from text, and the end of the program if something fails.
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "needletail.h"

static inline void fail(wasm_store_t* store, const char* what) {
  wasm_message_t error;
  needletail_store_error(store, &error);
  printf("%s failed: %s\n", what, error.data);
  exit(1);
}

// The binary of a module in the text format.
static inline wasm_byte_vec_t assemble(const char* text) {
  wasm_byte_vec_t source, binary;
  wasm_message_t error;
  wasm_name_new_from_string(&source, text);
  if (!needletail_wat2wasm(&source, &binary, &error)) {
    printf("malformed text: %s\n", error.data);
    exit(1);
  }
  wasm_byte_vec_delete(&source);
  return binary;
}

static inline wasm_module_t* load(wasm_store_t* store, const char* text) {
  wasm_byte_vec_t binary = assemble(text);
  wasm_module_t* module = wasm_module_new(store, &binary);
  if (!module) fail(store, "wasm_module_new");
  wasm_byte_vec_delete(&binary);
  return module;
}

static inline wasm_instance_t* instantiate(wasm_store_t* store, const wasm_module_t* module, wasm_extern_vec_t imports) {
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  if (!instance) fail(store, "wasm_instance_new");
  return instance;
}

// Ends the program if a call ended with a trap.
static inline void succeed(wasm_trap_t* trap) {
  if (!trap) return;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  printf("trap: %s\n", message.data);
  exit(1);
}

#endif

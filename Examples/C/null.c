// NULL and objects of the wrong kind are refused, not followed.
#include "example.h"
#include "needletail_wasi.h"

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_message_t message;
  wasm_val_t value;
  wasm_byte_vec_t bytes;
  wasm_extern_vec_t externs;
  wasm_val_vec_t none = WASM_EMPTY_VEC;

  wasm_store_delete(NULL);
  wasm_func_delete(NULL);
  wasm_byte_vec_delete(NULL);
  wasm_val_delete(NULL);
  wasm_byte_vec_new_uninitialized(&bytes, SIZE_MAX);
  printf("too large: %zu\n", bytes.size);
  wasm_byte_vec_new(&bytes, 3, NULL);
  printf("no elements: %zu\n", bytes.size);
  wasm_byte_vec_delete(&bytes);
  wasm_byte_vec_delete(&bytes);
  printf("store: %d\n", wasm_store_new(NULL) == NULL);
  printf("module: %d %d\n", wasm_module_new(store, NULL) == NULL, wasm_module_new(NULL, NULL) == NULL);
  printf("function: %d\n", wasm_func_new(store, NULL, NULL) == NULL);
  printf("instance: %d\n", wasm_instance_new(store, NULL, NULL, NULL) == NULL);
  printf("kind: %d\n", wasm_ref_as_func(NULL) == NULL && wasm_extern_as_memory(NULL) == NULL);
  wasm_instance_exports(NULL, &externs);
  printf("exports: %zu\n", externs.size);
  wasm_global_get(NULL, &value);
  wasm_memory_grow(NULL, 1);
  printf("memory: %d\n", wasm_memory_data(NULL) == NULL);
  wasm_trap_t* trap = wasm_func_call(NULL, NULL, NULL);
  wasm_trap_message(trap, &message);
  printf("call: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  // A trap is no function, and no store.
  printf("wrong kind: %d %d\n", wasm_ref_as_func(wasm_trap_as_ref(trap)) == NULL,
    wasm_foreign_new((wasm_store_t*)trap) == NULL);
  wasm_trap_t* other = wasm_func_call((wasm_func_t*)trap, &none, &none);
  printf("other: %d\n", other != NULL);
  wasm_trap_delete(other);
  wasm_trap_delete(trap);
  needletail_wasi_imports(NULL, NULL, &externs);
  printf("wasi: %zu %d\n", externs.size, needletail_wasi_new(NULL, NULL) == NULL);

  // An object keeps its store.
  wasm_foreign_t* object = wasm_foreign_new(store);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  printf("same: %d\n", wasm_foreign_same(object, object));
  wasm_foreign_delete(object);
  return 0;
}

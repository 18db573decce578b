// A module that calls a function of the host.
#include "example.h"

static wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  printf("Hello, world!\n");
  return NULL;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module (import \"\" \"hello\" (func $hello)) (func (export \"run\") (call $hello)))");

  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* function = wasm_func_new(store, type, hello);
  wasm_functype_delete(type);

  wasm_extern_t* imports[] = {wasm_func_as_extern(function)};
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_ARRAY_VEC(imports));
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_vec_t none = WASM_EMPTY_VEC;
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[0]), &none, &none));

  // What is missing is reported.
  wasm_extern_vec_t nothing = WASM_EMPTY_VEC;
  wasm_trap_t* reason = NULL;
  if (wasm_instance_new(store, module, &nothing, &reason)) return 1;
  wasm_message_t message;
  wasm_trap_message(reason, &message);
  printf("%s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(reason);

  wasm_byte_vec_t bytes;
  wasm_byte_vec_new(&bytes, 4, "nope");
  printf("valid: %d\n", wasm_module_validate(store, &bytes));
  if (wasm_module_new(store, &bytes)) return 1;
  needletail_store_error(store, &message);
  printf("%s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_byte_vec_delete(&bytes);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(function);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

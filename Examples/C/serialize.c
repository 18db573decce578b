// A module that is compiled once, stored, and loaded again.
#include "example.h"

int main(void) {
  wasm_config_t* config = wasm_config_new();
  needletail_config_set_execution(config, NEEDLETAIL_JIT, NEEDLETAIL_OPTIMIZE_BASIC);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))");
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module, &bytes);
  wasm_module_delete(module);

  wasm_module_t* loaded = wasm_module_deserialize(store, &bytes);
  if (!loaded) fail(store, "wasm_module_deserialize");
  bytes.data[bytes.size / 2] ^= 1;
  wasm_module_t* damaged = wasm_module_deserialize(store, &bytes);
  printf("damage noticed: %d\n", damaged == NULL);
  wasm_module_delete(damaged);
  wasm_byte_vec_delete(&bytes);

  wasm_instance_t* instance = instantiate(store, loaded, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t in[] = {WASM_I32_VAL(40), WASM_I32_VAL(2)}, out[1];
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results));
  printf("sum: %d\n", out[0].of.i32);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(loaded);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

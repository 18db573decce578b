// Limits: fuel, time and memory.
#include "example.h"

static void print_trap(wasm_trap_t* trap) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  printf("%s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
}

int main(void) {
  wasm_config_t* config = wasm_config_new();
  needletail_config_set_fuel(config, true);
  needletail_config_set_interruptible(config, true);
  printf("unknown execution: %d\n", needletail_config_set_execution(config, 9, 0));
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  needletail_limits_t limits;
  needletail_limits_init(&limits);
  limits.memory_bytes = 2 << 16;
  wasm_store_t* store = needletail_store_new(engine, &limits);
  wasm_module_t* module = load(store,
    "(module"
    "  (memory (export \"memory\") 1)"
    "  (func (export \"some\") (local i32)"
    "    (loop $again (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10)))))"
    "  (func (export \"forever\") (loop $again (br $again)))"
    "  (func (export \"grow\") (result i32) (memory.grow (i32.const 2))))");
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t out[1];
  wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_ARRAY_VEC(out);

  needletail_store_set_fuel(store, 1000);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[1]), &none, &none));
  printf("used some: %d\n", needletail_store_fuel(store) < 1000);
  print_trap(wasm_func_call(wasm_extern_as_func(exports.data[2]), &none, &none));
  printf("left: %llu\n", (unsigned long long)needletail_store_fuel(store));

  needletail_store_set_fuel(store, INT64_MAX);
  print_trap(needletail_func_call_with_timeout(wasm_extern_as_func(exports.data[2]), &none, &none, 10000000));
  needletail_store_set_timeout(store, 10000000);
  print_trap(wasm_func_call(wasm_extern_as_func(exports.data[2]), &none, &none));
  needletail_store_set_timeout(store, UINT64_MAX);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[3]), &none, &results));
  printf("grow beyond the limit: %d\n", out[0].of.i32);
  printf("grow up to the limit: %d\n", wasm_memory_grow(wasm_extern_as_memory(exports.data[0]), 1));

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

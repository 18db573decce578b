// A memory that the host reads, writes and grows.
#include "example.h"

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (memory (export \"memory\") 1 3)"
    "  (data (i32.const 16) \"text of the module\")"
    "  (func (export \"load\") (param i32) (result i32) (i32.load8_u (local.get 0))))");
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_memory_t* memory = wasm_extern_as_memory(exports.data[0]);

  printf("%u pages, %zu bytes: %s\n", wasm_memory_size(memory), wasm_memory_data_size(memory), wasm_memory_data(memory) + 16);
  printf("grow: %d %d\n", wasm_memory_grow(memory, 2), wasm_memory_grow(memory, 1));
  wasm_memory_data(memory)[3 * MEMORY_PAGE_SIZE - 1] = 42;
  wasm_val_t in[] = {WASM_I32_VAL(3 * 65536 - 1)}, out[1];
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[1]), &args, &results));
  printf("last byte: %d\n", out[0].of.i32);
  in[0].of.i32++;
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &args, &results);
  printf("out of bounds: %d\n", needletail_trap_kind(trap) == NEEDLETAIL_TRAP_OUT_OF_BOUNDS_MEMORY);
  wasm_trap_delete(trap);

  wasm_limits_t limits = {2, 2}, wrong = {3, 2};
  wasm_memorytype_t *type = wasm_memorytype_new(&limits), *wrong_type = wasm_memorytype_new(&wrong);
  wasm_memory_t* own_memory = wasm_memory_new(store, type);
  printf("own memory: %u pages; refused: %d\n", wasm_memory_size(own_memory), !wasm_memory_new(store, wrong_type));
  wasm_memory_delete(own_memory);
  wasm_memorytype_delete(type);
  wasm_memorytype_delete(wrong_type);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

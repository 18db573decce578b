// Host info and its finalizers: objects of a store end with it, foreign objects when nothing refers to them.
#include "example.h"

enum { COUNT = 1000 };

static int live;

static void finalize(void* info) {
  (void)info;
  live--;
}

static void run(wasm_store_t* store) {
  wasm_module_t* module = load(store, "(module (func (export \"f\")) (func (export \"keep\") (param externref)))");
  for (intptr_t i = 0; i < COUNT; i++) {
    wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
    wasm_instance_set_host_info_with_finalizer(instance, (void*)i, finalize);
    live++;
    wasm_instance_delete(instance);
  }
  printf("instances: %d\n", live);

  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  for (intptr_t i = 0; i < COUNT; i++) {
    wasm_foreign_t* object = wasm_foreign_new(store);
    wasm_foreign_set_host_info_with_finalizer(object, (void*)i, finalize);
    live++;
    wasm_val_t in[] = {WASM_REF_VAL(wasm_foreign_as_ref(object))};
    wasm_val_vec_t args = WASM_ARRAY_VEC(in), none = WASM_EMPTY_VEC;
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[1]), &args, &none));
    wasm_foreign_delete(object);
  }
  needletail_store_collect_garbage(store);
  printf("after a collection: %d\n", live);

  // Host info belongs to the object, not to the reference.
  wasm_func_t* function = wasm_func_copy(wasm_extern_as_func(exports.data[0]));
  wasm_func_set_host_info_with_finalizer(function, "function", finalize);
  live++;
  wasm_extern_vec_delete(&exports);
  wasm_instance_exports(instance, &exports);
  printf("info: %s\n", (char*)wasm_extern_get_host_info(exports.data[0]));
  // Another one replaces it.
  wasm_func_set_host_info(function, NULL);
  printf("after a replacement: %d\n", live);
  wasm_func_delete(function);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_set_host_info_with_finalizer(module, "module", finalize);
  live++;
  wasm_module_delete(module);
  printf("after the module: %d\n", live);
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* first = wasm_store_new(engine);
  wasm_store_t* second = wasm_store_new(engine);
  run(first);
  run(second);
  wasm_store_delete(second);
  printf("after the second store: %d\n", live);
  wasm_store_delete(first);
  printf("after the first store: %d\n", live);
  wasm_engine_delete(engine);
  return 0;
}

// A module that threads share, each with a store of its own; and a thread that interrupts another.
#include <pthread.h>

#include "example.h"

enum { THREADS = 8 };

struct work {
  wasm_engine_t* engine;
  const wasm_shared_module_t* module;
  int number;
  int result;
};

static void* run(void* argument) {
  struct work* work = argument;
  wasm_store_t* store = wasm_store_new(work->engine);
  wasm_module_t* module = wasm_module_obtain(store, work->module);
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  for (int i = 0; i < 1000; i++) {
    wasm_val_t in[] = {WASM_I32_VAL(work->number)}, out[1];
    wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results));
    work->result = out[0].of.i32;
  }
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  return NULL;
}

static void* interrupt(void* handle) {
  needletail_interrupt_request(handle);
  return NULL;
}

int main(void) {
  wasm_config_t* config = wasm_config_new();
  needletail_config_set_interruptible(config, true);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (global $total (mut i32) (i32.const 0))"
    "  (func (export \"add\") (param i32) (result i32)"
    "    (global.set $total (i32.add (global.get $total) (local.get 0)))"
    "    (global.get $total))"
    "  (func (export \"forever\") (loop $again (br $again))))");
  wasm_shared_module_t* shared = wasm_module_share(module);

  pthread_t threads[THREADS];
  struct work work[THREADS];
  for (int i = 0; i < THREADS; i++) {
    work[i] = (struct work){engine, shared, i, 0};
    pthread_create(&threads[i], NULL, run, &work[i]);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    printf("thread %d: %d\n", i, work[i].result);
  }
  wasm_shared_module_delete(shared);

  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  needletail_interrupt_t* handle = needletail_interrupt_new(store);
  pthread_t other;
  pthread_create(&other, NULL, interrupt, handle);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[1]), &none, &none);
  pthread_join(other, NULL);
  printf("interrupted: %d\n", needletail_trap_kind(trap) == NEEDLETAIL_TRAP_INTERRUPTED);
  wasm_trap_delete(trap);
  needletail_interrupt_reset(handle);
  needletail_interrupt_delete(handle);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

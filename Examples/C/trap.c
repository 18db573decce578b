// Traps: of a callback and of Wasm, with message, kind, origin and trace.
#include "example.h"

static wasm_trap_t* fail_callback(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args, (void)results;
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "the callback failed");
  wasm_trap_t* trap = wasm_trap_new((wasm_store_t*)env, &message);
  wasm_name_delete(&message);
  wasm_trap_set_host_info(trap, "info of the callback");
  return trap;
}

static void print_frame(const wasm_frame_t* frame) {
  wasm_name_t name;
  needletail_frame_func_name(frame, &name);
  printf("  %.*s: function %u, offset %zu, module offset %zu\n", (int)name.size, name.data, wasm_frame_func_index(frame),
    wasm_frame_func_offset(frame), wasm_frame_module_offset(frame));
  wasm_name_delete(&name);
}

static void print_trap(wasm_trap_t* trap) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  printf("%s (kind %d, %s)\n", message.data, needletail_trap_kind(trap),
    wasm_trap_get_host_info(trap) ? (char*)wasm_trap_get_host_info(trap) : "no info");
  wasm_name_delete(&message);
  wasm_frame_t* origin = wasm_trap_origin(trap);
  printf(" origin:\n");
  if (origin) print_frame(origin);
  wasm_frame_delete(origin);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  printf(" trace:\n");
  for (size_t i = 0; i < trace.size; i++) print_frame(trace.data[i]);
  wasm_frame_vec_delete(&trace);
  wasm_trap_delete(trap);
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (import \"\" \"fail\" (func $fail (result i32)))"
    "  (func $inner (result i32) (i32.add (i32.const 1) (call $fail)))"
    "  (func $outer (export \"callback\") (result i32) (call $inner))"
    "  (func $divide (export \"divide\") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))"
    "  (func $recurse (export \"recurse\") (result i32) (i32.add (call $recurse) (i32.const 1))))");
  wasm_functype_t* type = wasm_functype_new_0_1(wasm_valtype_new_i32());
  wasm_func_t* function = wasm_func_new_with_env(store, type, fail_callback, store, NULL);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(function)};
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_ARRAY_VEC(imports));
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  wasm_val_t out[1];
  wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_ARRAY_VEC(out);
  for (size_t i = 0; i < 2; i++) print_trap(wasm_func_call(wasm_extern_as_func(exports.data[i]), &none, &results));
  wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[2]), &none, &results);
  printf("exhausted: %d\n", needletail_trap_kind(trap) == NEEDLETAIL_TRAP_STACK_EXHAUSTED);
  wasm_trap_delete(trap);

  // A start function can trap, too.
  wasm_module_t* starting = load(store, "(module (func $start unreachable) (start $start))");
  wasm_extern_vec_t nothing = WASM_EMPTY_VEC;
  if (wasm_instance_new(store, starting, &nothing, &trap)) return 1;
  print_trap(trap);

  wasm_module_delete(starting);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(function);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

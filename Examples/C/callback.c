// Callbacks: with and without an environment, with numbers of all types, several results and references.
#include "example.h"

static wasm_trap_t* reverse(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  for (size_t i = 0; i < args->size; i++) wasm_val_copy(&results->data[i], &args->data[args->size - 1 - i]);
  return NULL;
}

static wasm_trap_t* count(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0] = (wasm_val_t)WASM_I32_VAL(++*(int*)env);
  return NULL;
}

static wasm_trap_t* same(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  printf("host info: %s\n", args->data[0].of.ref ? (char*)wasm_ref_get_host_info(args->data[0].of.ref) : "none");
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

static wasm_trap_t* wrong(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)args;
  results->data[0] = (wasm_val_t)WASM_F64_VAL(1);
  return NULL;
}

static void finalize(void* env) { printf("finalized after %d calls\n", *(int*)env); }

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (import \"\" \"reverse\" (func $reverse (param i32 i64 f32 f64) (result f64 f32 i64 i32)))"
    "  (import \"\" \"count\" (func $count (result i32)))"
    "  (import \"\" \"same\" (func $same (param externref) (result externref)))"
    "  (import \"\" \"wrong\" (func $wrong (result i32)))"
    "  (func (export \"reverse\") (param i32 i64 f32 f64) (result f64 f32 i64 i32)"
    "    (call $reverse (local.get 0) (local.get 1) (local.get 2) (local.get 3)))"
    "  (func (export \"count\") (result i32) (drop (call $count)) (call $count))"
    "  (func (export \"same\") (param externref) (result externref) (call $same (local.get 0)))"
    "  (func (export \"wrong\") (result i32) (call $wrong)))");

  wasm_valtype_t* forward[] = {
    wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(), wasm_valtype_new_f64()};
  wasm_valtype_t* backward[] = {
    wasm_valtype_new_f64(), wasm_valtype_new_f32(), wasm_valtype_new_i64(), wasm_valtype_new_i32()};
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_new(&params, 4, forward);
  wasm_valtype_vec_new(&results, 4, backward);
  wasm_functype_t* types[] = {
    wasm_functype_new(&params, &results), wasm_functype_new_0_1(wasm_valtype_new_i32()),
    wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref()),
    wasm_functype_new_0_1(wasm_valtype_new_i32())};
  int calls = 0;
  wasm_func_t* functions[] = {
    wasm_func_new(store, types[0], reverse), wasm_func_new_with_env(store, types[1], count, &calls, finalize),
    wasm_func_new(store, types[2], same), wasm_func_new(store, types[3], wrong)};
  wasm_extern_t* imports[4];
  for (int i = 0; i < 4; i++) {
    wasm_functype_delete(types[i]);
    imports[i] = wasm_func_as_extern(functions[i]);
  }
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_ARRAY_VEC(imports));
  for (int i = 0; i < 4; i++) wasm_func_delete(functions[i]);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);

  {
    wasm_val_t in[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
    wasm_val_t out[4];
    wasm_val_vec_t args = WASM_ARRAY_VEC(in), values = WASM_ARRAY_VEC(out);
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &values));
    printf("%g %g %lld %d\n", out[0].of.f64, out[1].of.f32, (long long)out[2].of.i64, out[3].of.i32);

    // Arguments of other types end the call with a trap.
    in[0] = (wasm_val_t)WASM_F32_VAL(1);
    wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &values);
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    printf("%s\n", message.data);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
  }
  {
    wasm_val_t out[1];
    wasm_val_vec_t none = WASM_EMPTY_VEC, values = WASM_ARRAY_VEC(out);
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[1]), &none, &values));
    printf("count: %d\n", out[0].of.i32);
  }
  {
    wasm_foreign_t* object = wasm_foreign_new(store);
    wasm_foreign_set_host_info(object, "an object");
    wasm_val_t in[] = {WASM_REF_VAL(wasm_foreign_as_ref(object))}, out[1];
    wasm_val_vec_t args = WASM_ARRAY_VEC(in), values = WASM_ARRAY_VEC(out);
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[2]), &args, &values));
    printf("same: %d\n", wasm_ref_same(out[0].of.ref, wasm_foreign_as_ref(object)));
    wasm_val_delete(&out[0]);
    wasm_foreign_delete(object);

    in[0] = (wasm_val_t)WASM_INIT_VAL;
    succeed(wasm_func_call(wasm_extern_as_func(exports.data[2]), &args, &values));
    printf("null: %d\n", out[0].of.ref == NULL);
  }
  {
    wasm_val_t out[1];
    wasm_val_vec_t none = WASM_EMPTY_VEC, values = WASM_ARRAY_VEC(out);
    wasm_trap_t* trap = wasm_func_call(wasm_extern_as_func(exports.data[3]), &none, &values);
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    printf("%s\n", message.data);
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
  }

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

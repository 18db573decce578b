// Globals that the host creates, reads and sets.
#include "example.h"

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (import \"\" \"constant\" (global $constant f32))"
    "  (import \"\" \"variable\" (global $variable (mut i64)))"
    "  (global $reference (export \"reference\") (mut externref) (ref.null extern))"
    "  (export \"variable\" (global $variable))"
    "  (func (export \"constant\") (result f32) (global.get $constant))"
    "  (func (export \"add\") (param i64) (global.set $variable (i64.add (global.get $variable) (local.get 0)))))");

  wasm_globaltype_t* constant_type = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_CONST);
  wasm_globaltype_t* variable_type = wasm_globaltype_new(wasm_valtype_new_i64(), WASM_VAR);
  wasm_val_t half = WASM_F32_VAL(0.5f), forty = WASM_I64_VAL(40);
  wasm_global_t* constant = wasm_global_new(store, constant_type, &half);
  wasm_global_t* variable = wasm_global_new(store, variable_type, &forty);
  // A value of another type is refused.
  printf("refused: %d\n", wasm_global_new(store, constant_type, &forty) == NULL);
  wasm_globaltype_delete(constant_type);
  wasm_globaltype_delete(variable_type);

  wasm_extern_t* imports[] = {wasm_global_as_extern(constant), wasm_global_as_extern(variable)};
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_ARRAY_VEC(imports));
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_global_t* reference = wasm_extern_as_global(exports.data[0]);
  printf("same: %d\n", wasm_global_same(variable, wasm_extern_as_global(exports.data[1])));

  wasm_val_t out[1], value;
  wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_ARRAY_VEC(out);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[2]), &none, &results));
  printf("constant: %g\n", out[0].of.f32);
  wasm_val_t in[] = {WASM_I64_VAL(2)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(in);
  succeed(wasm_func_call(wasm_extern_as_func(exports.data[3]), &args, &none));
  wasm_global_get(variable, &value);
  printf("variable: %lld\n", (long long)value.of.i64);
  value.of.i64 = 7;
  wasm_global_set(variable, &value);
  wasm_global_get(variable, &value);
  printf("variable: %lld\n", (long long)value.of.i64);
  wasm_global_set(constant, &half);
  wasm_message_t error;
  needletail_store_error(store, &error);
  printf("%s\n", error.data);
  wasm_byte_vec_delete(&error);

  // References are copied into globals.
  wasm_foreign_t* object = wasm_foreign_new(store);
  value = (wasm_val_t)WASM_REF_VAL(wasm_foreign_as_ref(object));
  wasm_global_set(reference, &value);
  wasm_global_get(reference, &value);
  printf("reference: %d\n", wasm_foreign_same(object, wasm_ref_as_foreign(value.of.ref)));
  wasm_val_delete(&value);
  wasm_foreign_delete(object);

  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_global_delete(constant);
  wasm_global_delete(variable);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

// Tables of functions and of objects of the host.
#include "example.h"

static wasm_trap_t* negate(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0] = (wasm_val_t)WASM_I32_VAL(-args->data[0].of.i32);
  return NULL;
}

static void call_element(const wasm_func_t* function, int argument, int index) {
  wasm_val_t in[] = {WASM_I32_VAL(argument), WASM_I32_VAL(index)}, out[1];
  wasm_val_vec_t args = WASM_ARRAY_VEC(in), results = WASM_ARRAY_VEC(out);
  wasm_trap_t* trap = wasm_func_call(function, &args, &results);
  if (!trap) {
    printf("element %d of %d: %d\n", index, argument, out[0].of.i32);
    return;
  }
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  printf("element %d: %s\n", index, message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (table (export \"table\") 2 5 funcref)"
    "  (func (export \"call\") (param i32 i32) (result i32)"
    "    (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))"
    "  (func (export \"double\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))"
    "  (elem (i32.const 1) func 1))");
  wasm_instance_t* instance = instantiate(store, module, (wasm_extern_vec_t)WASM_EMPTY_VEC);
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_table_t* table = wasm_extern_as_table(exports.data[0]);
  wasm_func_t* call = wasm_extern_as_func(exports.data[1]);
  wasm_func_t* twice = wasm_extern_as_func(exports.data[2]);
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_func_t* host = wasm_func_new(store, type, negate);
  wasm_functype_delete(type);

  for (int i = 0; i < 3; i++) call_element(call, 5, i);
  wasm_ref_t* element = wasm_table_get(table, 1);
  printf("same: %d\n", wasm_func_same(wasm_ref_as_func(element), twice));
  wasm_ref_delete(element);
  printf("set: %d %d\n", wasm_table_set(table, 0, wasm_func_as_ref(host)), wasm_table_set(table, 2, NULL));
  printf("grow: %d %d\n", wasm_table_grow(table, 3, wasm_func_as_ref(twice)), wasm_table_grow(table, 1, NULL));
  for (int i = 0; i < 3; i++) call_element(call, 6, i);
  printf("size: %u\n", wasm_table_size(table));

  wasm_limits_t limits = {1, wasm_limits_max_default};
  wasm_tabletype_t* object_type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_foreign_t* object = wasm_foreign_new(store);
  wasm_table_t* objects = wasm_table_new(store, object_type, wasm_foreign_as_ref(object));
  element = wasm_table_get(objects, 0);
  printf("object: %d, function refused: %d\n", wasm_ref_same(element, wasm_foreign_as_ref(object)),
    !wasm_table_set(objects, 0, wasm_func_as_ref(host)));
  wasm_ref_delete(element);
  wasm_table_delete(objects);
  wasm_foreign_delete(object);
  wasm_tabletype_delete(object_type);

  wasm_func_delete(host);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

// The types of a module's imports and exports.
#include "example.h"

static const char* name_of(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_EXTERNREF: return "externref";
    case WASM_FUNCREF: return "funcref";
    case NEEDLETAIL_V128: return "v128";
    case NEEDLETAIL_ANYREF: return "anyref";
    default: return "another type";
  }
}

static void print_types(const wasm_valtype_vec_t* types) {
  for (size_t i = 0; i < types->size; i++) printf(" %s", name_of(wasm_valtype_kind(types->data[i])));
}

static void print_limits(const wasm_limits_t* limits) {
  printf(" %u", limits->min);
  if (limits->max != wasm_limits_max_default) printf(" %u", limits->max);
}

static void print_type(const wasm_externtype_t* type) {
  switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC:
    case NEEDLETAIL_EXTERN_TAG: {
      const wasm_functype_t* function = wasm_externtype_as_functype_const(type);
      printf(wasm_externtype_kind(type) == WASM_EXTERN_FUNC ? "func" : "tag");
      print_types(wasm_functype_params(function));
      printf(" ->");
      print_types(wasm_functype_results(function));
      break;
    }
    case WASM_EXTERN_GLOBAL: {
      const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(type);
      printf("global %s %s", wasm_globaltype_mutability(global) == WASM_VAR ? "var" : "const",
        name_of(wasm_valtype_kind(wasm_globaltype_content(global))));
      break;
    }
    case WASM_EXTERN_TABLE: {
      const wasm_tabletype_t* table = wasm_externtype_as_tabletype_const(type);
      printf("table %s", name_of(wasm_valtype_kind(wasm_tabletype_element(table))));
      print_limits(wasm_tabletype_limits(table));
      break;
    }
    case WASM_EXTERN_MEMORY:
      printf("memory");
      print_limits(wasm_memorytype_limits(wasm_externtype_as_memorytype_const(type)));
      break;
  }
  printf("\n");
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store,
    "(module"
    "  (type $point (struct (field i32)))"
    "  (import \"host\" \"f\" (func (param i32 externref) (result f64)))"
    "  (import \"host\" \"memory\" (memory 1))"
    "  (func (export \"f\") (param i64 f32 funcref) (result i32 i32) unreachable)"
    "  (func (export \"g\") (param v128 (ref null $point) (ref func)) unreachable)"
    "  (global (export \"constant\") i32 (i32.const 1))"
    "  (global (export \"variable\") (mut f64) (f64.const 1))"
    "  (table (export \"table\") 2 8 externref)"
    "  (memory (export \"memory\") 1 4)"
    "  (tag (export \"tag\") (param i32)))");

  wasm_importtype_vec_t imports;
  wasm_module_imports(module, &imports);
  for (size_t i = 0; i < imports.size; i++) {
    const wasm_name_t* from = wasm_importtype_module(imports.data[i]);
    const wasm_name_t* name = wasm_importtype_name(imports.data[i]);
    printf("import %.*s.%.*s: ", (int)from->size, from->data, (int)name->size, name->data);
    print_type(wasm_importtype_type(imports.data[i]));
  }
  wasm_importtype_vec_delete(&imports);

  wasm_exporttype_vec_t exports, copies;
  wasm_module_exports(module, &exports);
  wasm_exporttype_vec_copy(&copies, &exports);
  wasm_exporttype_vec_delete(&exports);
  for (size_t i = 0; i < copies.size; i++) {
    const wasm_name_t* name = wasm_exporttype_name(copies.data[i]);
    printf("export %.*s: ", (int)name->size, name->data);
    print_type(wasm_exporttype_type(copies.data[i]));
  }
  wasm_exporttype_vec_delete(&copies);

  // Types that the host creates.
  wasm_limits_t limits = {1, 2};
  wasm_name_t from, name;
  wasm_name_new_from_string(&from, "from");
  wasm_name_new_from_string(&name, "name");
  wasm_importtype_t* import = wasm_importtype_new(&from, &name, wasm_memorytype_as_externtype(wasm_memorytype_new(&limits)));
  printf("%.*s: ", (int)wasm_importtype_name(import)->size, wasm_importtype_name(import)->data);
  print_type(wasm_importtype_type(import));
  wasm_importtype_delete(import);
  printf("unknown kind: %d\n", wasm_valtype_new(77) == NULL);

  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}

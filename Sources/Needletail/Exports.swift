import WasmCompiler
import WasmInterpreter
import WasmRuntime
import WasmText
import WebAssembly

// The types of lower layers that are part of the embedding API.

public typealias ValueType = WebAssembly.ValueType
public typealias ReferenceType = WebAssembly.ReferenceType
public typealias HeapType = WebAssembly.HeapType
public typealias FieldType = WebAssembly.FieldType
public typealias StorageType = WebAssembly.StorageType
public typealias HeapConfiguration = WasmRuntime.HeapConfiguration
public typealias HeapStatistics = WasmRuntime.HeapStatistics
public typealias FunctionType = WebAssembly.FunctionType
public typealias MemoryType = WebAssembly.MemoryType
public typealias TableType = WebAssembly.TableType
public typealias GlobalType = WebAssembly.GlobalType
public typealias AddressType = WebAssembly.AddressType
public typealias Limits = WebAssembly.Limits
public typealias ExternalKind = WebAssembly.ExternalKind
public typealias Features = WebAssembly.Features
public typealias DecodingError = WebAssembly.DecodingError
public typealias ValidationError = WebAssembly.ValidationError
public typealias LimitExceeded = WebAssembly.LimitExceeded
public typealias ParseError = WasmText.ParseError
public typealias LinkError = WasmRuntime.LinkError
public typealias StoreInUse = WasmRuntime.StoreInUse
public typealias Trap = WasmRuntime.Trap
public typealias TrapCode = WasmRuntime.TrapCode
public typealias OptimizationLevel = WasmCompiler.OptimizationLevel
public typealias ArtifactError = WasmCompiler.ArtifactError
public typealias ProfileFormat = WasmCompiler.ProfileFormat
public typealias Dispatch = WasmInterpreter.Dispatch

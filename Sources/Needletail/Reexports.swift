import WasmCompiler
import WasmInterpreter
import WasmNative
import WasmRuntime
import WasmText
import WebAssembly

// Types of lower layers that are part of the embedding API.

/// The type of a value.
public typealias ValueType = WebAssembly.ValueType
/// The type of a reference.
public typealias ReferenceType = WebAssembly.ReferenceType
/// The type of what a reference points to.
public typealias HeapType = WebAssembly.HeapType
/// The type of a structure's field or of an array's elements.
public typealias FieldType = WebAssembly.FieldType
/// The type of a field's storage: a value type or a packed integer.
public typealias StorageType = WebAssembly.StorageType
/// The settings of the garbage-collected heap.
public typealias HeapConfiguration = WasmRuntime.HeapConfiguration
/// What the execution of code costs, in units of fuel.
public typealias FuelCosts = WasmRuntime.FuelCosts
/// The class of an instruction, by which its execution is charged.
public typealias InstructionClass = WebAssembly.InstructionClass
/// The contents of the garbage-collected heap, and the cost of collections.
public typealias HeapStatistics = WasmRuntime.HeapStatistics
/// The parameter and result types of a function.
public typealias FunctionType = WebAssembly.FunctionType
/// The type of a linear memory.
public typealias MemoryType = WebAssembly.MemoryType
/// The type of a table.
public typealias TableType = WebAssembly.TableType
/// The type of a global.
public typealias GlobalType = WebAssembly.GlobalType
/// The type of addresses into a memory or table.
public typealias AddressType = WebAssembly.AddressType
/// Bounds on the size of a memory or table.
public typealias Limits = WebAssembly.Limits
/// The kind of an import or export.
public typealias ExternalKind = WebAssembly.ExternalKind
/// Proposals that can be enabled and disabled.
public typealias Features = WebAssembly.Features
/// A module in the binary format is malformed.
public typealias DecodingError = WebAssembly.DecodingError
/// A line and a column of a text.
public typealias TextLocation = WebAssembly.TextLocation
/// A module is invalid.
public typealias ValidationError = WebAssembly.ValidationError
/// A limit of this implementation or its embedder is exceeded.
public typealias LimitExceeded = WebAssembly.LimitExceeded
/// Decides in code whether a store may have more of a resource.
public typealias ResourceLimiter = WasmRuntime.ResourceLimiter
/// What a limiter is asked for.
public typealias ResourceRequest = WasmRuntime.ResourceRequest
/// What a store, an engine or the process has in use.
public typealias ResourceUsage = WasmRuntime.ResourceUsage
/// A module in the text format is malformed.
public typealias ParseError = WasmText.ParseError
/// A module cannot be linked.
public typealias LinkError = WasmRuntime.LinkError
/// A store is in use on another thread.
public typealias StoreInUse = WasmRuntime.StoreInUse
/// WebAssembly code trapped.
public typealias Trap = WasmRuntime.Trap
/// The reason for a trap.
public typealias TrapCode = WasmRuntime.TrapCode
/// How much the compiler optimizes.
public typealias OptimizationLevel = WasmCompiler.OptimizationLevel
/// An artifact cannot be used.
public typealias ArtifactError = WasmNative.ArtifactError
/// The format in which profilers receive the names of compiled functions.
public typealias ProfileFormat = WasmNative.ProfileFormat
/// How the interpreter dispatches instructions.
public typealias Dispatch = WasmInterpreter.Dispatch

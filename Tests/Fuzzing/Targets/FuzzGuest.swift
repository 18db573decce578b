import Needletail
import NeedletailWASI
import TestSupport

/// A WASI guest that forwards calls. It has one page of memory.
struct FuzzGuest {
  static let memoryByteCount = 1 << 16

  let wasi: WASI
  let memory: Memory
  private let instance: Instance

  private static let engine = Engine()
  private static let modules: [Snapshot: Module] = Dictionary(
    uniqueKeysWithValues: Snapshot.allCases.map { snapshot in
      (snapshot, try! Module(engine, text: WASISignatures.passThroughModule(importing: snapshot.rawValue)))
    })

  init(_ configuration: WASI.Configuration, _ snapshot: Snapshot = .preview1) throws {
    wasi = try WASI(configuration)
    let linker = Linker(Self.engine)
    try wasi.link(into: linker, as: [snapshot])
    instance = try linker.instantiate(Self.modules[snapshot]!, in: Store(Self.engine))
    memory = instance.memory("memory")!
  }

  /// Calls a function. Arguments are truncated to the parameter types.
  ///
  /// - Returns: nil if the guest ended by `proc_exit` or `proc_raise`.
  /// - Throws: ``Finding`` if the call ends in any other way than by returning.
  func call(_ name: String, _ arguments: [UInt64]) throws -> Errno? {
    let function = instance.function(name)!
    let values = zip(function.type.parameters, arguments).map { type, argument in
      type == .i64 ? Value.i64(Int64(bitPattern: argument)) : .i32(Int32(truncatingIfNeeded: argument))
    }
    do {
      guard case .i32(let code)? = try function.call(values).first else { return .success }
      guard let error = UInt16(exactly: code).flatMap(Errno.init) else { throw Finding("\(name) gives \(code)") }
      return error
    } catch is ExitStatus {
      return nil
    } catch let finding as Finding {
      throw finding
    } catch {
      throw Finding("\(name) with \(arguments) ends by \(error)")
    }
  }

  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    memory.withUnsafeMutableBytes { Array($0[Int(address)..<Int(address) + count]) }
  }

  func store(_ bytes: [UInt8], at address: UInt64) {
    memory.withUnsafeMutableBytes { $0[Int(address)..<Int(address) + bytes.count].copyBytes(from: bytes) }
  }

  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ address: UInt64) -> T {
    memory.withUnsafeMutableBytes { $0.loadUnaligned(fromByteOffset: Int(address), as: T.self) }
  }

  func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) {
    memory.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: Int(address), as: T.self) }
  }
}

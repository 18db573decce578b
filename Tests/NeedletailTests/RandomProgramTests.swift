import Needletail
import Testing

/// Random functions compute the results of the model, whichever instructions they are lowered to.
@Suite struct RandomProgramTests {
  @Test("A random function leaves the expected locals and memory", arguments: [Dispatch.threaded, .loop])
  func random(dispatch: Dispatch) throws {
    var configuration = Engine.Configuration()
    configuration.dispatch = dispatch
    let engine = Engine(configuration)
    for seed in 0..<UInt64(400) {
      let program = RandomProgram(seed: seed)
      let memory = (0..<RandomProgram.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ Int(seed)) }
      var state = RandomProgram.State(locals: [7, 0xFFFF_FFF0, 100, 0x8000_0001], memory: memory)

      let instance = try Linker(engine).instantiate(Module(engine, text: program.text), in: Store(engine))
      let guest = instance.memory("memory")!
      try guest.write(state.memory, at: 0)
      let results = try instance.function("run")!.call(state.locals.map { .i32(Int32(bitPattern: $0)) })
      let left = RandomProgram.State(
        locals: results.map { if case .i32(let value) = $0 { UInt32(bitPattern: value) } else { 0 } },
        memory: try guest.readBytes(at: 0, count: UInt64(RandomProgram.byteCount)))

      program.run(&state)
      #expect(left == state, "seed \(seed): \(program.text)")
    }
  }
}

import WasmText

extension ScriptCommand {
  /// The modules in a command and in the commands nested in it.
  public var modules: [ScriptModule] {
    switch kind {
    case .module(let module), .moduleDefinition(let module), .assertTrapOnInstantiation(let module, _),
      .assertMalformed(let module, _), .assertInvalid(let module, _), .assertUnlinkable(let module, _),
      .assertMalformedCustom(let module, _), .assertInvalidCustom(let module, _):
      [module]
    case .thread(_, _, let commands): commands.flatMap(\.modules)
    default: []
    }
  }
}

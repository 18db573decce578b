import Foundation
import Testing

/// The page that `needletail explore` writes: its structure, and its protection against injection through modules.
@Suite struct ExploreCommandTests {
  private static let attack = "</script><script>alert(1)</script><!--"
  private static let module = """
    (module $"</title><script>alert(2)</script>" (memory 1)
      (func $"\(attack)" (export "load") (param $"<b>" i32) (result i32) (i32.load (local.get 0)))
      (func $second (param i32) (result i32) (call $"\(attack)" (i32.add (local.get 0) (i32.const 4)))))
    """

  private struct Page {
    var html: String
    /// The contents of the data elements, by identifier.
    var data: [String: [String: Any]] = [:]

    init(_ html: String) throws {
      self.html = html
      for part in html.components(separatedBy: "<script type=\"application/json\" id=\"").dropFirst() {
        let id = String(part.prefix { $0 != "\"" })
        let json = try #require(part.components(separatedBy: "</script>").first).dropFirst(id.count + 2)
        data[id] = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      }
    }
  }

  private static func page(_ options: [String] = [], module: String = module) throws -> Page {
    let result = try Executable.run(["explore", "MODULE", "-o", "-", "--cpu", "baseline"] + options, module: module)
    #expect(result.status == 0, "\(result.error)")
    return try Page(result.output)
  }

  @Test("Names in a module are shown as text, whatever they contain")
  func hostileNames() throws {
    let page = try Self.page()
    // One element per function, one for the list, one for the page's own script.
    #expect(page.html.components(separatedBy: "<script").count == 1 + 4)
    #expect(page.html.components(separatedBy: "</script").count == 1 + 4)
    #expect(!page.html.contains("<!--") && !page.html.contains("<b>") && !page.html.contains("<script>alert"))
    let functions = try #require(page.data["index"]?["functions"] as? [[String: Any]])
    #expect(functions.first?["name"] as? String == "\"\(Self.attack)\"", "\(functions)")
  }

  @Test("The page loads no resources")
  func isSelfContained() throws {
    let html = try Self.page().html
    #expect(html.contains("default-src 'none'"))
    for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "innerHTML"] {
      #expect(!html.contains(word), "\(word)")
    }
  }

  @Test("Lines in all columns start with the offsets of their instructions")
  func offsets() throws {
    // No functions are inlined at this level.
    let page = try Self.page(["-O", "none"])
    for id in ["f0", "f1"] {
      let function = try #require(page.data[id])
      func sources(_ column: String) throws -> [Int] {
        try #require(function[column] as? [[Any]]).compactMap { $0[0] as? Int }.filter { $0 >= 0 }
      }
      let text = try sources("text")
      #expect(text == text.sorted() && text.count >= 3)
      for column in ["graph", "code"] {
        let places = Set(try sources(column))
        #expect(!places.isEmpty && places.isSubset(of: text), "\(id) \(column)")
      }
    }
    let text = try #require(page.data["f1"]?["text"] as? [[Any]])
    let call = try #require(text.first { ($0[1] as? String)?.contains("call $") ?? false }?[0] as? Int)
    let code = try #require(page.data["f1"]?["code"] as? [[Any]])
    #expect(code.contains { $0[0] as? Int == call && ($0[3] as? String)?.hasPrefix("call func 0 <") ?? false })
  }

  @Test("Functions are selected by name or part of a name, and omitted beyond the page's size")
  func choice() throws {
    #expect(try Set(Self.page(["--function", "second"]).data.keys) == ["f1", "index"])
    #expect(try Set(Self.page(["--filter", "alert"]).data.keys) == ["f0", "index"])
    let small = try Self.page(["--max-size", "1"])
    #expect(Set(small.data.keys) == ["index"])
    #expect((small.data["index"]?["functions"] as? [Any])?.count == 2)
    let none = try Executable.run(["explore", "MODULE", "--filter", "third"], module: Self.module)
    #expect(none.status == 1 && none.error.contains("has 'third' in its name"))
  }

  @Test("A module without functions has a page")
  func empty() throws {
    #expect(try Set(Self.page(module: "(module)").data.keys) == ["index"])
  }

  @Test("The page is opened by the desktop's tool, if there is one")
  func open() throws {
    let shown = try HostProcess.shell(
      """
      mkdir bin; printf '#!/bin/sh\\ncp "$1" shown' > bin/xdg-open; chmod +x bin/xdg-open
      PATH="$PWD/bin:$PATH" "$NEEDLETAIL" explore --open "$MODULE" -o -page.html
      cmp ./-page.html shown && echo same
      """, module: Self.module)
    #expect(shown.output == "same\n" && shown.error.isEmpty && shown.status == 0, "\(shown.error)")
    let none = try HostProcess.shell("PATH= \"$NEEDLETAIL\" explore --open \"$MODULE\"", module: Self.module)
    #expect(none.status == 0)
    #expect(none.error == "needletail: wrote 'm.html', but cannot show it: there is no program 'xdg-open'\n")
    let output = try Executable.run(["explore", "--open", "MODULE", "-o", "-"], module: Self.module)
    #expect(output.status == 2 && output.output.isEmpty)
  }
}

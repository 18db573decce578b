/// All measurements as JSON.
struct JSON {
  let text: String

  init(_ results: [ProgramResult], options: Options) {
    let measurements = results.flatMap { result in
      result.measurements.map { measurement in
        """
            {
              "program": \(Self.quote(result.program)), "engine": \(Self.quote(measurement.engine)),
              "failure": \(measurement.failure.map(Self.quote) ?? "null"),
              "wallSeconds": \(measurement.times(.wall)),
              "userSeconds": \(measurement.times(.user)),
              "peakBytes": \(measurement.runs.map(\.peakMemory))
            }
        """
      }
    }
    text = """
      {
        "runs": \(options.runs), "net": \(options.net),
        "outputsAgree": \(results.allSatisfy(\.outputsAgree)),
        "measurements": [
      \(measurements.joined(separator: ",\n"))
        ]
      }

      """
  }

  private static func quote(_ string: String) -> String {
    var quoted = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

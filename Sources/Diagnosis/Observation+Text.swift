// SPDX-License-Identifier: Apache-2.0
import Model

extension Observation {
    /// "12 connects a second fail", "1 connect in 10 s fails": how a summary begins.
    /// - Parameters:
    ///   - noun: in the singular.
    ///   - verb: of one, or of several.
    func often(_ count: UInt64, _ noun: String, _ verb: (_ isOne: Bool) -> String) -> String {
        if count == 1 { return "1 \(noun) in \(Units.seconds(duration)) \(verb(true))" }
        guard rate(count) >= 2 else {
            return "\(Units.exact(count)) \(noun)s in \(Units.seconds(duration)) \(verb(false))"
        }
        return "\(rateText(count)) \(noun)s a second \(verb(false))"
    }
}

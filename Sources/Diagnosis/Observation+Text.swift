// SPDX-License-Identifier: Apache-2.0
import Model

extension Observation {
    /// "12 connects a second fail", "1 connect in 10s fails": how a summary begins.
    /// - Parameters:
    ///   - noun: in the singular.
    ///   - verb: of one, or of several.
    ///   - netns: of whose counters it is; `nil`: what was traced.
    func often(
        _ count: UInt64, _ noun: String, in netns: UInt32? = nil, _ verb: (_ isOne: Bool) -> String
    ) -> String {
        "\(frequency(count, noun, in: netns)) \(verb(count == 1))"
    }

    /// "12 connects a second"; what happened less often than twice a second has its number.
    func frequency(_ count: UInt64, _ noun: String, in netns: UInt32? = nil) -> String {
        let rate = netns.map { self.rate(count, in: $0) } ?? self.rate(count)
        guard rate < 2 else {
            return "\(netns.map { rateText(count, in: $0) } ?? rateText(count)) \(noun)s a second"
        }
        return "\(Units.exact(count)) \(noun)\(count == 1 ? "" : "s") in \(Units.seconds(duration))"
    }
}

// SPDX-License-Identifier: Apache-2.0
import Model

extension TextStyle {
    /// "20:05:27  interval 1s  backend fentry": when, how long, and by what means.
    /// - Parameter end: seconds since 1970, UTC.
    func heading(end: Double, duration: Double, means: String) -> String {
        let time = CivilTime(seconds: end, utcOffset: utcOffset)
        return fit([time.clock, "interval " + Units.seconds(duration), means].joined(separator: "  "))
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Model

/// One line per lost connection, for `tcpwhy drops --events`.
public struct LossLine: Sendable {
    public var clock: WallClock

    public init(clock: WallClock) {
        self.clock = clock
    }

    /// The heading, without a line end.
    public static let heading =
        "TIME         CLIENT                → LISTENER              ACCEPT QUEUE  SYN QUEUE  CAUSE"

    /// Appends the line, ended. The accept queue is shown as length/limit.
    public func write(_ loss: ListenLoss, to bytes: inout [UInt8]) {
        let time = CivilTime(
            milliseconds: clock.milliseconds(of: loss.time), utcOffset: clock.utcOffset)
        time.writeClock(to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append(loss.remote.map { EndpointText.of($0, loss.remotePort) } ?? Units.none, left: 21)
        bytes.append(" → ")
        bytes.append(
            loss.local.map { EndpointText.of($0, loss.localPort) } ?? "*:\(loss.localPort)", left: 21)
        bytes.append(UInt8(ascii: " "))
        bytes.append("\(loss.acceptQueue)/\(loss.backlog)", right: 12)
        bytes.append("  ")
        bytes.append("\(loss.synQueue)", right: 9)
        bytes.append("  ")
        bytes.append(loss.cause.text)
        bytes.append(UInt8(ascii: "\n"))
    }
}

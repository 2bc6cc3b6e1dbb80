// SPDX-License-Identifier: Apache-2.0
public import Model

/// One line per connect, for `--events`.
public struct EventLine: Sendable {
    public var clock: WallClock

    public init(clock: WallClock) {
        self.clock = clock
    }

    /// The heading, without a line end.
    public static let heading =
        "TIME              PID COMM             "
        + "SOURCE                → DESTINATION             SEARCH    TRIED     CALL  RESULT"

    /// Appends the event's line, ended. A number of ports that the kernel's state
    /// does not confirm has a "~"; what was not measured, or not done, is "–".
    public func write(_ event: ConnectEvent, to bytes: inout [UInt8]) {
        let time = CivilTime(
            milliseconds: clock.milliseconds(of: event.time), utcOffset: clock.utcOffset)
        time.writeClock(to: &bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append("\(event.key.pid)", right: 8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(event.key.command.text, left: 16)
        bytes.append(UInt8(ascii: " "))
        bytes.append(source(event), left: 21)
        bytes.append(" → ")
        bytes.append(PortsText.destination(event.key), left: 21)
        bytes.append(UInt8(ascii: " "))
        bytes.append(event.wasBound ? "bound" : Units.duration(event.search), right: 8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(tried(event), right: 8)
        bytes.append(UInt8(ascii: " "))
        bytes.append(Units.duration(event.call), right: 8)
        bytes.append("  ")
        bytes.append(event.result)
        if event.reusedTimeWait { bytes.append(" (took over a TIME_WAIT socket)") }
        bytes.append(UInt8(ascii: "\n"))
    }

    private func source(_ event: ConnectEvent) -> String {
        guard let source = event.source else {
            return event.sourcePort == 0 ? Units.none : "*:\(event.sourcePort)"
        }
        return EndpointText.of(source, event.sourcePort)
    }

    private func tried(_ event: ConnectEvent) -> String {
        guard let tried = event.portsTried else { return Units.none }
        return (event.isCertain ? "" : "~") + "\(tried)"
    }
}

extension ConnectEvent {
    /// "established" (a bind: "bound"), "abandoned" or the errno's name.
    var result: String {
        switch outcome {
        case .established: key.kind == .bind ? "bound" : "established"
        case .failed(let number): ErrorName.name(number)
        case .abandoned: "abandoned"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
public import Model

extension PortsJSON {
    /// Appends a "connect" (or "bind") line, ended, for `--events --json`.
    public static func write(
        _ event: ConnectEvent, clock: WallClock, to buffer: inout [UInt8]
    ) {
        let key = event.key
        var line = JSONLine(kind: key.kind.rawValue, in: &buffer)
        line.time("time", milliseconds: clock.milliseconds(of: event.time))
        line.integer("pid", key.pid)
        line.integer("tid", event.thread)
        line.string("comm", key.command.text)
        line.integer("netns", key.netns)
        line.string("family", key.family.rawValue)
        line.address("source", event.source)
        line.integer("source_port", event.sourcePort == 0 ? nil : event.sourcePort)
        line.address("destination", key.destination)
        line.integer("port", key.port)
        line.string("result", event.result)
        line.integer("search_ns", event.search)
        line.integer("ports_tried", event.portsTried)
        line.string("method", event.portsTried == nil ? nil : event.triedMethod?.rawValue)
        line.bool("certain", event.portsTried == nil ? nil : event.isCertain)
        line.integer("call_ns", event.call)
        line.integer("total_ns", event.total)
        line.bool("bound", event.wasBound)
        line.bool("reused", event.reusedTimeWait)
        line.end(in: &buffer)
    }
}

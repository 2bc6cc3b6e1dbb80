// SPDX-License-Identifier: Apache-2.0
import BPF
import Logging
import Model

/// The program's log, on standard error; libbpf's lines go there too.
enum Log {
    static func start(verbose: Bool) {
        guard verbose else { return }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "libbpf")
        logger.logLevel = .debug
        let log = logger
        LibbpfLog.setHandler { level, line in
            let line = Printable.lines(line)
            switch level {
            case .warning: log.warning("\(line)")
            case .info: log.info("\(line)")
            case .debug: log.debug("\(line)")
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import Report

/// How text is to look where it goes.
enum Terminal {
    static func style(for output: Output) -> TextStyle {
        guard output.isTerminal else { return TextStyle(utcOffset: utcOffset) }
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return TextStyle(
            width: known ? max(Int(size.ws_col), 20) : 80,
            height: known && output.redraws ? Int(size.ws_row) : nil,
            colour: getenv("NO_COLOR") == nil && !isDumb, utcOffset: utcOffset)
    }

    /// Whether a line on standard error may be drawn over the one before.
    static var redrawsErrors: Bool { isatty(STDERR_FILENO) == 1 && !isDumb }

    /// Whether it knows no escape sequences, or nobody says what it knows.
    static var isDumb: Bool {
        guard let kind = getenv("TERM"), kind.pointee != 0 else { return true }
        return strcmp(kind, "dumb") == 0
    }

    /// Seconds east of Greenwich.
    static var utcOffset: Int {
        var now = time(nil)
        var local = tm()
        return localtime_r(&now, &local) == nil ? 0 : local.tm_gmtoff
    }
}

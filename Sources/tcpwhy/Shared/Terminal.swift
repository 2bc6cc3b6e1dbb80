// SPDX-License-Identifier: Apache-2.0
import Glibc
import Report

/// How text is to look where it goes.
enum Terminal {
    static func style(for output: Output) -> TextStyle {
        guard output.isTerminal else { return TextStyle(utcOffset: utcOffset) }
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let plain = getenv("NO_COLOR") != nil || getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true
        return TextStyle(
            width: known ? max(Int(size.ws_col), 20) : 80, height: known ? Int(size.ws_row) : nil,
            colour: !plain, utcOffset: utcOffset)
    }

    /// Seconds east of Greenwich.
    static var utcOffset: Int {
        var now = time(nil)
        var local = tm()
        return localtime_r(&now, &local) == nil ? 0 : local.tm_gmtoff
    }
}

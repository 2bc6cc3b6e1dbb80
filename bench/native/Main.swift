// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc

/// Measures parts of tcpwhy inside one process, as root; bench/native.py reads what it
/// prints: a JSON line per round and subject.
@main struct Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        do throws(BPFError) {
            switch (arguments.first, numbers.count) {
            case ("ring", 1): try Ring().measure(rounds: numbers[0])
            case ("events", 1): try Ring().measureLines(rounds: numbers[0])
            case ("table", 2): try Table(keys: numbers[0]).measure(rounds: numbers[1])
            default:
                print("Usage: benchnative ring|events ROUNDS | table KEYS ROUNDS")
                exit(2)
            }
        } catch {
            print("benchnative: \(error)")
            exit(1)
        }
    }
}

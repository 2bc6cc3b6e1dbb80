// SPDX-License-Identifier: Apache-2.0
import Model

/// Fields of `tcpwhy ports` that are objects.
extension JSONLine {
    /// Counts by the errno's name, in order of number.
    mutating func failures(_ name: String, _ failed: [Int32: UInt64]) {
        object(name) { line in
            for (number, count) in failed.sorted(by: { $0.key < $1.key }) where count > 0 {
                line.integer(ErrorName.name(number), count)
            }
        }
    }

    /// Null if not measured; quantiles null if there was nothing to measure.
    mutating func distribution(_ name: String, _ distribution: Distribution?) {
        guard let distribution else { return null(name) }
        object(name) { line in
            line.integer("p50", distribution.quantile(0.5))
            line.integer("p99", distribution.quantile(0.99))
            line.integer("max", distribution.isEmpty ? nil : distribution.maximum)
            line.integer("sum", distribution.sum)
        }
    }

    mutating func tried(_ name: String, _ tried: TriedFigures?) {
        guard let tried else { return null(name) }
        object(name) { line in
            line.integer("p50", tried.p50)
            line.integer("p99", tried.p99)
            line.integer("max", tried.maximum)
            line.integer("sum", tried.sum)
            line.string("method", tried.method?.rawValue)
            // Rounded down: 1 only if every figure is certain.
            line.number("certain", tried.certain.map { Double(Rounding.down($0 * 1e4)) / 1e4 }, decimals: 4)
        }
    }
}

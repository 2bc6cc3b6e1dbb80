// SPDX-License-Identifier: Apache-2.0
import BPF
import Model

/// Takes the first backend that works here, by trying each in turn.
enum BackendChoice {
    /// - Parameters:
    ///   - forced: the only one to try.
    ///   - backends: those to try, unless one is forced.
    ///   - failure: what to say if none works and none was asked for.
    ///   - load: gets the backend and why those before it were refused.
    static func first<Loaded>(
        _ forced: Backend?, of backends: [Backend] = Backend.allCases,
        failure: (_ refused: [String]) -> BPFError = nothingWorks,
        _ load: (Backend, [String]) throws(BPFError) -> Loaded
    ) throws(BPFError) -> Loaded {
        var refused: [String] = []
        for backend in forced.map({ [$0] }) ?? backends {
            do throws(BPFError) {
                return try load(backend, refused)
            } catch {
                refused.append("\(backend.rawValue): \(error)")
            }
        }
        if let forced {
            throw BPFError(
                .backendRefused,
                saying:
                    "backend \(forced.rawValue) is not to be had here: \(refused.joined(separator: "; "))\n"
                    + "'tcpwhy check' shows which ones are")
        }
        throw failure(refused)
    }

    static func nothingWorks(_ refused: [String]) -> BPFError {
        BPFError(.cannotTrace, saying: "no backend works here\n" + refused.joined(separator: "\n"))
    }

    /// The kernel's types, without which no backend works.
    static func types() throws(BPFError) -> BTF {
        do throws(BPFError) { return try BTF.vmlinux() } catch {
            throw BPFError(.cannotTrace, saying: BTF.explanation(of: error))
        }
    }
}

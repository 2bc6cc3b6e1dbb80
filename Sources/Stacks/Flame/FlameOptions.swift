// SPDX-License-Identifier: Apache-2.0

/// How a flame graph looks. Names and defaults are those of the usual tools.
public struct FlameOptions: Sendable {
    /// Pixels of frame height within which text can be read and a picture be held.
    public static let heights = 8...100
    /// Pixels of the picture.
    public static let widths = 200...100_000

    /// Above the picture; `nil`: what it is.
    public var title: String?
    /// Below the title, smaller; `nil`: none.
    public var subtitle: String?
    /// What the counts count.
    public var countName = "samples"
    /// What the frames are, as the details name it.
    public var nameType = "Function:"
    /// Of the whole picture, in pixels.
    public var width = 1200
    /// Of one frame, in pixels.
    public var frameHeight = 16
    /// Frames narrower than so many pixels are left out, and what stands on them.
    public var minWidth = 0.1
    /// Root at the top.
    public var isInverted = false
    public var colors = FlamePalette.default
    /// A differential picture has the widths of the first file, not of the second.
    public var widthsByFirst = false

    /// Everything as usual.
    public init() {}
}

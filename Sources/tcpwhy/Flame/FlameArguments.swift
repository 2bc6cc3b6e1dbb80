// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Stacks

extension FlamePalette: ExpressibleByArgument {}

/// How a flame graph looks: for every command that draws one.
struct FlameArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Write above the picture.", valueName: "text"))
    var title: String?

    @Option(help: ArgumentHelp("Write below the title.", valueName: "text"))
    var subtitle: String?

    @Option(help: ArgumentHelp("What the counts count.", valueName: "name"))
    var countname = FlameOptions().countName

    @Option(help: ArgumentHelp("What the frames are.", valueName: "name"))
    var nametype = FlameOptions().nameType

    @Option(help: ArgumentHelp("Width of the picture.", valueName: "pixels"))
    var width = FlameOptions().width

    @Option(help: ArgumentHelp("Height of a frame.", valueName: "pixels"))
    var height = FlameOptions().frameHeight

    @Option(help: ArgumentHelp("Leave out frames that are narrower.", valueName: "pixels"))
    var minwidth = FlameOptions().minWidth

    @Flag(name: [.long, .customLong("icicle")], help: "Draw the root at the top.")
    var inverted = false

    @Option(help: ArgumentHelp("Colours: by kind of frame, or the same range for all.", valueName: "palette"))
    var colors = FlamePalette.default

    func validate() throws {
        try FlameOptions.widths.require(width, "--width", "pixels")
        try FlameOptions.heights.require(height, "--height", "pixels")
        try (0...1000).require(minwidth, "--minwidth", "pixels")
    }

    /// As the renderer takes it.
    var options: FlameOptions {
        var options = FlameOptions()
        options.title = title
        options.subtitle = subtitle
        options.countName = countname
        options.nameType = nametype
        options.width = width
        options.frameHeight = height
        options.minWidth = minwidth
        options.isInverted = inverted
        options.colors = colors
        return options
    }
}

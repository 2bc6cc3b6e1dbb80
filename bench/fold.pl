#!/usr/bin/perl
# Folds perf script text with nothing but what every Perl folder must do: read, match, count.
# No flags, no events, no special frames: stackcollapse-perf.pl does more for each line, and takes longer.
use strict;
use warnings;
my ($comm, @frames, %counts) = ('');
while (<>) {
	if (/^\s+[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)? \(/) {
		unshift @frames, $1;
	} elsif (/^(\S+)\s+\d/) {
		$comm = $1;
	} elsif (/^$/) {
		$counts{join ';', $comm, @frames}++;
		@frames = ();
	}
}
print "$_ $counts{$_}\n" for sort keys %counts;

# SPDX-License-Identifier: Apache-2.0
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CONFIG ?= release
KERNEL ?= all
ARGS ?=
QUICK ?=
DURATION ?= 8
MINUTES ?= 30
SECONDS ?=
RUNS ?=
TARGET ?=
V ?= 0

SWIFT ?= swift
# The toolchain's own clang knows BPF; another one may be older.
TOOLCHAIN := $(dir $(realpath $(shell command -v $(SWIFT))))
CLANG ?= $(firstword $(wildcard $(TOOLCHAIN)clang) clang)
OBJCOPY ?= $(firstword $(wildcard $(TOOLCHAIN)llvm-objcopy) llvm-objcopy)
CLANG_FORMAT ?= clang-format
DESTDIR ?=
PREFIX ?= /usr/local
export CLANG_FORMAT SWIFT

ifeq ($(V),1)
  Q =
  say =
else
  Q = @
  say = @printf '  %-8s %s\n' $(1) $(2)
endif

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
TRIPLE := $(shell uname -m)-linux-gnu
OBJECTS := .build/bpf
PROGRAMS := $(patsubst bpf/%.bpf.c,$(OBJECTS)/%.bpf.o,$(wildcard bpf/*.bpf.c))
TCPWHY := .build/$(CONFIG)/tcpwhy
COMPLETIONS = $(DESTDIR)$(PREFIX)/share
# v2: what 5.10 knows. The distribution's headers come after clang's own.
BPF_FLAGS := --target=bpf -mcpu=v2 -O2 -g -D__TARGET_ARCH_$(ARCH) -idirafter /usr/include/$(TRIPLE) \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations
# Everything in one file, the C library included: it runs on any Linux.
SWIFT_FLAGS := -c $(CONFIG) -Xswiftc -static-executable -Xswiftc -use-ld=lld
ifeq ($(CONFIG),release)
  SWIFT_FLAGS += -Xlinker --strip-all
endif
# For what needs root, if this is not root.
SUDO ?= $(if $(filter-out 0,$(shell id -u)),sudo)

.PHONY: help setup build tests bpf headers run test unit-test lab-test kernel-test zoo zoo-test cost bench soak fuzz lint format docs install clean

help: ## show this
	@printf 'Targets:\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'
	@printf '\nVariables (make TARGET NAME=value), here with the values they have:\n'
	@printf '  %-18s %s\n' 'CONFIG=$(CONFIG)' 'release or debug' \
		'KERNEL=$(KERNEL)' 'kernel-test: native, 5.10, 6.1, 6.12, 7.2, guests, or all' \
		'DURATION=$(DURATION)' 'run: seconds of each load' \
		'MINUTES=$(MINUTES)' 'soak: how long' \
		'SECONDS=$(SECONDS)' 'fuzz: how long each target; 60 if neither this nor RUNS is given' \
		'RUNS=$(RUNS)' 'fuzz: how many inputs each' \
		'TARGET=$(TARGET)' 'fuzz: this one alone' \
		'ARGS=$(ARGS)' 'more arguments: run for scripts/lab cure, unit-test for swift test, kernel-test, zoo, cost, bench' \
		'QUICK=$(QUICK)' 'bench: 1 measures less, in five minutes' \
		'PREFIX=$(PREFIX)' 'install: where to' \
		'DESTDIR=$(DESTDIR)' 'install: put before PREFIX' \
		'V=$(V)' '1 shows the commands'
	@printf '\nTools, each a variable too: SWIFT CLANG OBJCOPY CLANG_FORMAT SUDO\n'

setup: ## install the Debian packages that are missing (root or sudo)
	$(Q)scripts/setup

bpf: $(PROGRAMS) ## compile the BPF programs

# -MD writes which headers each object needs, so that touching one file rebuilds what uses it.
$(OBJECTS)/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@

-include $(PROGRAMS:.o=.d)

# What each header of the programs needs, it includes: a program may take them in any order.
headers:
	$(Q)for header in $(wildcard bpf/include/*.h bpf/lib/*.h); do \
		printf '#include "%s"\n' "$$header" | \
			$(CLANG) $(BPF_FLAGS) -Wno-unused-function -fsyntax-only -I. -x c - || status=1; \
	done; exit $${status:-0}

# What the kernel tests compare the counts with.
.build/bpf-tests/%.bpf.o: Tests/KernelTests/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@

build: bpf ## build tcpwhy: .build/release/tcpwhy
	$(call say,SWIFT,$(TCPWHY))
	$(Q)$(SWIFT) build $(SWIFT_FLAGS) --product tcpwhy

run: setup ## diagnose a sick nginx and php-fpm, and mend them as it says (root or sudo)
	$(Q)$(MAKE) build
	$(Q)$(SUDO) env TCPWHY=$(TCPWHY) scripts/lab cure --fault all --seconds $(DURATION) $(ARGS)

tests: build .build/tcpload .build/bpf-tests/oracle.bpf.o
	$(Q)$(SWIFT) build --build-tests

test: setup ## every test: lint, unit-test, lab-test, kernel-test, zoo-test
	$(Q)scripts/test

unit-test: bpf ## the tests that need no root
	$(Q)scripts/unit-test $(ARGS)

lab-test: ## the tests of scripts/lab; some need root
	$(Q)$(SUDO) scripts/lab-test

kernel-test: ## the tests that need root, here and under each kernel in QEMU
	$(Q)scripts/kernel-test --kernel $(KERNEL) $(ARGS)

# What no package has: a link that loses, a flood, io_uring.
ZOO := $(addprefix .build/zoo/,synflood uring wire)
$(ZOO): .build/zoo/%: zoo/programs/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -Wall -Wextra -Werror $< -o $@

zoo: ## real services, healthy or sick in a known way: what tcpwhy says of each (root or sudo)
	$(Q)scripts/setup && scripts/setup --zoo
	$(Q)$(MAKE) build $(ZOO)
	$(Q)$(SUDO) env TCPWHY=$(TCPWHY) scripts/zoo $(ARGS)

zoo-test: build $(ZOO) ## a dozen of them, which need no more than setup installs
	$(Q)$(SUDO) env TCPWHY=$(TCPWHY) scripts/zoo --quick

# A known load for the tests to compare with, built so that it costs little itself; its
# stacks are known, too.
.build/tcpload: $(wildcard Tests/tcpload/*) Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -fno-omit-frame-pointer -Wall -Wextra -Werror -pthread $(filter %.c,$^) -o $@

# What tracing costs at least: programs that do nothing, or next to nothing, at the same
# hooks; and a filler of rings.
.build/bench/floor-counted.bpf.o: bench/floor-ports.bpf.c
.build/bench/%.bpf.o: bench/%.bpf.c $(wildcard bpf/include/*.h bpf/lib/*.h) Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

.build/bench/floor: bench/floor.c Sources/CLibelfTree/search_tree.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -Wall -Wextra -Werror -static -fuse-ld=lld $(filter %.c,$^) \
		-l:libbpf.a -l:libz.a -l:libelf.a -l:libzstd.a -o $@

# A load whose stacks nearly all differ.
.build/bench/stacks: bench/stacks.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O1 -fno-omit-frame-pointer -Wall -Wextra -Werror $< -o $@

# Connects under as many keys as wanted.
.build/bench/keys: bench/keys.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O2 -Wall -Wextra -Werror $< -o $@

# Parts of tcpwhy, measured inside one process.
.build/$(CONFIG)/benchnative: build .build/bench/ring.bpf.o
	$(call say,SWIFT,$@)
	$(Q)$(SWIFT) build $(SWIFT_FLAGS) --product benchnative

COST := .build/tcpload .build/bench/floor $(addprefix .build/bench/,$(addsuffix .bpf.o,floor floor-ports floor-counted least))

cost: build $(COST) ## what tracing costs under QEMU, in guest instructions
	$(Q)scripts/cost $(ARGS)

bench: ## cost, speed, memory and scaling beside other tools; writes docs/bench.md (root or sudo)
	$(Q)scripts/setup && scripts/setup --bench
	$(Q)$(MAKE) build $(COST) .build/bench/stacks .build/bench/keys .build/$(CONFIG)/benchnative
	$(Q)$(SUDO) scripts/bench $(if $(QUICK),--quick) $(ARGS)

soak: build .build/tcpload ## every live command for MINUTES while all comes and goes; its table goes into docs/bench.md
	$(Q)$(SUDO) scripts/soak --minutes $(MINUTES) $(ARGS)

# Built apart, with the address sanitizer: nothing else compiles the fuzzers.
fuzz: bpf ## feed what reads others' texts and files with broken ones; SECONDS=60, or RUNS and TARGET
	$(Q)scripts/fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RUNS),--runs $(RUNS)) $(TARGET)

lint: build ## layout, headers, shellcheck, import rules, licences, the manual page
	$(Q)scripts/lint

format: ## lay out Swift and C files
	$(Q)scripts/format

docs: build ## make docs/tcpwhy.1 from the argument definitions
	$(Q)TCPWHY=$(TCPWHY) scripts/docs

# Not built here: what root builds, nobody else could rebuild.
install: ## install tcpwhy, its manual page and completions under PREFIX
	$(Q)test -x $(TCPWHY) || { echo 'nothing to install: run make build' >&2; exit 1; }
	$(Q)install -D --mode=755 $(TCPWHY) $(DESTDIR)$(PREFIX)/bin/tcpwhy
	$(Q)install -D --mode=644 docs/tcpwhy.1 $(DESTDIR)$(PREFIX)/share/man/man1/tcpwhy.1
	$(Q)install -D --mode=644 /dev/null $(COMPLETIONS)/bash-completion/completions/tcpwhy
	$(Q)install -D --mode=644 /dev/null $(COMPLETIONS)/zsh/site-functions/_tcpwhy
	$(Q)install -D --mode=644 /dev/null $(COMPLETIONS)/fish/vendor_completions.d/tcpwhy.fish
	$(Q)$(TCPWHY) --generate-completion-script bash >$(COMPLETIONS)/bash-completion/completions/tcpwhy
	$(Q)$(TCPWHY) --generate-completion-script zsh >$(COMPLETIONS)/zsh/site-functions/_tcpwhy
	$(Q)$(TCPWHY) --generate-completion-script fish >$(COMPLETIONS)/fish/vendor_completions.d/tcpwhy.fish
	@echo 'installed in $(DESTDIR)$(PREFIX)'

clean: ## remove what was built
	rm -rf .build .build-*

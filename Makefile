# SPDX-License-Identifier: Apache-2.0
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

CONFIG ?= release
KERNEL ?= all
ARGS ?=
V ?= 0

CLANG ?= clang
OBJCOPY ?= llvm-objcopy
SWIFT ?= swift
DESTDIR ?=
PREFIX ?= /usr/local

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
# v2: what 5.10 knows. The distribution's headers come after clang's own.
BPF_FLAGS := --target=bpf -mcpu=v2 -O2 -g -D__TARGET_ARCH_$(ARCH) -idirafter /usr/include/$(TRIPLE) \
	-Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations
# Everything in one file, the C library included: it runs on any Linux.
SWIFT_FLAGS := -c $(CONFIG) -Xswiftc -static-executable

.PHONY: help setup build run test unit-test kernel-test lint format clean install bpf

help: ## show this
	@printf 'Targets:\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'
	@printf '\nVariables (make TARGET NAME=value):\n'
	@printf '  %-16s %s\n' 'CONFIG=$(CONFIG)' 'release or debug' \
		'KERNEL=$(KERNEL)' 'kernel-test: one of 5.10 6.1 6.12 7.2, or all' \
		'ARGS=$(ARGS)' 'run: arguments for tcpwhy ports' \
		'PREFIX=$(PREFIX)' 'install: where to; DESTDIR goes before it' \
		'V=$(V)' '1 shows the commands'

bpf: $(PROGRAMS) ## compile the BPF programs

# -MD writes which headers each object needs, so that touching one file rebuilds what uses it.
$(OBJECTS)/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -MD -MP -MF $(@:.o=.d) -MT $@ -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@

-include $(PROGRAMS:.o=.d)

# What the kernel tests compare the counts with.
.build/bpf-tests/%.bpf.o: Tests/KernelTests/%.bpf.c Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@

build: bpf ## build tcpwhy: .build/release/tcpwhy
	$(call say,SWIFT,tcpwhy)
	$(Q)$(SWIFT) build $(SWIFT_FLAGS) --product tcpwhy

clean: ## remove what was built
	rm -rf .build .build-*

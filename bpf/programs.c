// SPDX-License-Identifier: Apache-2.0
/* Holds the compiled objects; `make` builds them before Swift builds this. */
#include "programs.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("../.build/bpf/connect.bpf.o")
#error "the BPF objects are not built: run make build"
#endif

static const unsigned char accept_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/accept.bpf.o"
};

static const unsigned char connect_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/connect.bpf.o"
};

static const unsigned char conntrack_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/conntrack.bpf.o"
};

static const unsigned char drop_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/drop.bpf.o"
};

static const unsigned char listener_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/listener.bpf.o"
};

static const unsigned char resend_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/resend.bpf.o"
};

static const unsigned char sample_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/sample.bpf.o"
};

static const unsigned char socket_object[] __attribute__((aligned(8))) = {
#embed "../.build/bpf/socket.bpf.o"
};

struct why_object why_accept_object(void)
{
	return (struct why_object){ accept_object, sizeof(accept_object) };
}

struct why_object why_connect_object(void)
{
	return (struct why_object){ connect_object, sizeof(connect_object) };
}

struct why_object why_conntrack_object(void)
{
	return (struct why_object){ conntrack_object, sizeof(conntrack_object) };
}

struct why_object why_drop_object(void)
{
	return (struct why_object){ drop_object, sizeof(drop_object) };
}

struct why_object why_listener_object(void)
{
	return (struct why_object){ listener_object, sizeof(listener_object) };
}

struct why_object why_resend_object(void)
{
	return (struct why_object){ resend_object, sizeof(resend_object) };
}

struct why_object why_sample_object(void)
{
	return (struct why_object){ sample_object, sizeof(sample_object) };
}

struct why_object why_socket_object(void)
{
	return (struct why_object){ socket_object, sizeof(socket_object) };
}

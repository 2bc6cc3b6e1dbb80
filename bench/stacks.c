// SPDX-License-Identifier: Apache-2.0
/* Computes at the end of ever other paths of calls, so that few stacks are seen twice. */
#define FRAMED __attribute__((noinline, optnone))

static unsigned long random_bits = 88172645463325252UL, sum;

FRAMED static void left(int depth);
FRAMED static void right(int depth);

static unsigned long next(void)
{
	random_bits ^= random_bits << 13;
	random_bits ^= random_bits >> 7;
	return random_bits ^= random_bits << 17;
}

static void deeper(int depth)
{
	if (depth == 0) {
		for (unsigned long i = 0; i < 20000; i++)
			sum += i * i;
		return;
	}
	if (next() >> 40 & 1)
		left(depth - 1);
	else
		right(depth - 1);
}

FRAMED static void left(int depth)
{
	deeper(depth);
}

FRAMED static void right(int depth)
{
	deeper(depth);
}

int main(void)
{
	for (;;)
		deeper(20);
}

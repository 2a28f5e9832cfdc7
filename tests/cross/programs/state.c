/* Functions and data of every kind that an ELF symbol table tells apart. Some names are used here alone. */
#include "side.h"

int shared_count; /* with -fcommon: SHN_COMMON */
__thread int thread_count = NUMBER * 100;
const int numbers[3] = {NUMBER, NUMBER + 1, NUMBER + 2};

int private_sum(int x) { return x * 10 + NUMBER; }
extern __typeof(private_sum) private_alias __attribute__((alias("private_sum")));
__attribute__((visibility("hidden"))) int hidden_sum(int x) { return x * 20 + NUMBER; }
__attribute__((visibility("protected"), noinline)) int protected_sum(int x) { return x * 30 + NUMBER; }

/* Addresses of functions in data: descriptors, on ppc64's older ABI. */
int (*private_table[])(int) = {private_sum, private_alias, hidden_sum, protected_sum};

int through_table(int at) { return private_table[at](at + 1); }

static int constructed;
__attribute__((constructor)) static void construct(void) { constructed += NUMBER; }
int constructed_with(void) { return constructed; }

__attribute__((section("cases"), used, retain)) static int first_case = NUMBER;

#ifdef HAS_IFUNC
static int chosen_one(int x) { return x + NUMBER; }
static void *choose(void) { return (void *)chosen_one; }
int chosen(int x) __attribute__((ifunc("choose")));
#else
int chosen(int x) { return x + NUMBER; }
#endif

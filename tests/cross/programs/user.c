/* Uses what the other members define, and says what it found. */
#include <pthread.h>
#include <stdio.h>

#include "side.h"

extern int __start_cases[], __stop_cases[];
__attribute__((section("cases"), used, retain)) static int second_case = NUMBER * 10;

__attribute__((weak, noinline)) int weak_number(void) { return NUMBER; }

/* A jump table, where the target has them: data between code. */
__attribute__((noinline)) int jump(int which) {
    switch (which) {
    case 0: return printf("%s: jump zero\n", NAME);
    case 1: return printf("%s: jump %d\n", NAME, NUMBER);
    case 2: return puts("two");
    case 3: return constructed_with() + 3;
    case 4: return chosen(which) * 5;
    case 5: return through_table(0) - 7;
    case 6: return puts("six") * 9;
    default: return -1;
    }
}

static void *in_thread(void *result) {
    thread_count += 1;
    *(int *)result = thread_count;
    return NULL;
}

static void check_thread_locals(void) {
    pthread_t thread;
    int other = 0;
    pthread_create(&thread, NULL, in_thread, &other);
    pthread_join(thread, NULL);
    printf("%s: thread %d, main %d\n", NAME, other, thread_count);
}

void OWN(_run)(void) {
    shared_count += NUMBER;
    printf("%s: common %d\n", NAME, shared_count);
    check_thread_locals();
    printf("%s: table %d %d %d %d\n", NAME, through_table(0), through_table(1), through_table(2), through_table(3));
    printf("%s: weak %d\n", NAME, weak_number());
    printf("%s: chosen %d\n", NAME, chosen(7));
    printf("%s: constructed %d\n", NAME, constructed_with());
    printf("%s: numbers %d %d %d\n", NAME, numbers[0], numbers[1], numbers[2]);
    jump(1);
    int cases = 0;
    for (int *entry = __start_cases; entry < __stop_cases; entry++) cases += *entry;
    printf("%s: cases %d\n", NAME, cases);
    check_shapes();
    check_throws();
    fflush(stdout);
}

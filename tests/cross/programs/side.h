/* One of the two sides of a program: the same sources make the library and the host, with other numbers.
   SIDE is library or host, NUMBER 1 or 2. */
#ifndef SIDE_H
#define SIDE_H

#define PASTE(a, b) a##b
#define JOIN(a, b) PASTE(a, b)
#define TEXT(a) #a
#define STRING(a) TEXT(a)

/* What only this side has: library_run and host_run, say. */
#define OWN(name) JOIN(SIDE, name)
#define NAME STRING(SIDE)

#ifdef __cplusplus
extern "C" {
#endif

/* Each is defined in one member and used in another. */
extern int shared_count;
extern __thread int thread_count;
extern const int numbers[3];
int chosen(int);
int constructed_with(void);
int through_table(int at);
void check_shapes(void);
void check_throws(void);

#ifdef __cplusplus
}
#endif
#endif

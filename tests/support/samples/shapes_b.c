/* The other half of shapes_a.c: references in both directions, one name local here and global there. */
extern int shapes_common[16];
extern __thread int shapes_tls;
extern int shapes_weak(int);

static int local_counter = 5;
static int pick = 3; /* local in both members */

__attribute__((visibility("hidden"))) int shapes_hidden(void) { return local_counter++; }
int shapes_other(int x) { return shapes_weak(x) + shapes_tls + shapes_common[1] + pick; }
int shapes_unreferenced(void) { return local_counter; }
int sx_second(void) { return shapes_other(1); }

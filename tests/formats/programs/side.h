/* What the sides of a program of MSVC's share. There are no headers of Microsoft's here. SIDE and NUMBER tell them apart. */
#define JOINED(side, name) side##_##name
#define NAMED(side, name) JOINED(side, name)
#define OWN(name) NAMED(SIDE, name)
#define TEXT_OF(side) #side
#define TEXT(side) TEXT_OF(side)

#ifdef __cplusplus
extern "C" {
#endif
int printf(const char *format, ...);
int next_number(void);
#ifdef __cplusplus
}
#endif

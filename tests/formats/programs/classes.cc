// C++: a virtual class, inline functions with static variables, templates, exceptions: most of it in COMDATs.
#include "side.h"

struct Trouble {
    int code;
};

struct Shape {
    virtual int area() const;
    virtual ~Shape() {}
};

struct Square : Shape {
    int area() const override { return NUMBER * NUMBER; }
};

int Shape::area() const { return -1; }

inline int count() {
    static int calls = NUMBER * 100;
    return ++calls;
}

template <class T> __attribute__((noinline)) T scaled(T value) { return value * NUMBER; }

__attribute__((noinline)) int measure(const Shape &shape) { return shape.area(); }

__attribute__((noinline)) void fail(int code) { throw Trouble{code}; }

extern "C" __attribute__((dllexport)) void OWN(classes)() {
    Square square;
    printf("%s: area %d %d\n", TEXT(SIDE), measure(square), measure(Shape()));
    printf("%s: inline %d, template %d\n", TEXT(SIDE), count(), scaled(10));
    try {
        fail(next_number());
    } catch (const Trouble &trouble) {
        printf("%s: caught %d\n", TEXT(SIDE), trouble.code);
    }
}

// For the other side to catch.
extern "C" __attribute__((dllexport)) void OWN(trouble)() { throw Trouble{NUMBER}; }

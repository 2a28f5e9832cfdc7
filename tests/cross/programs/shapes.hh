// Classes that both C++ members of a side use: COMDAT groups, some in both members.
#pragma once
#include <string>

#include "side.h"

// Its first virtual function that is not inline is in shapes.cc, and so are its vtable and type information.
struct Shape {
    explicit Shape(int size) : size(size) {}
    virtual ~Shape();
    virtual int area() const { return NUMBER; }
    int size;
};

// All inline: constructor, vtable and type information are in the groups of each member that uses it.
struct Square : Shape {
    explicit Square(int size) : Shape(size) {}
    int area() const override { return size * size + NUMBER; }
};

struct Trouble {
    std::string what;
};

// One count on each side, whichever member counts.
inline int next_of_side() {
    static int count = 0;
    return ++count;
}

template <typename T> T &instance() {
    static T value{};
    return value;
}

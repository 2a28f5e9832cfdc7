// Inline functions, templates and classes, which every object that uses them defines in COMDATs: -DSIDE, -DNUMBER.
#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)

// Not inlined, with a variable: one in the whole module, unless it is private.
__attribute__((noinline)) inline int next() {
    static int count = 0;
    return ++count;
}

struct Shape {
    virtual int area() const = 0;
    virtual ~Shape() = default;
};

template <class Number> struct Square : Shape {
    Number side;
    __attribute__((noinline)) explicit Square(Number side) : side(side) { next(); }
    __attribute__((noinline)) ~Square() override { next(); }
    int area() const override { return side * side; }
};

__attribute__((noinline)) static int measure(const Shape &shape) { return shape.area(); }

extern "C" int NAMED(SIDE, _shapes)() {
    int area;
    {
        Square<int> square(NUMBER);
        area = measure(square);
    }
    return 100 * area + next();
}

// What C++ adds: exceptions, inline functions and their variables, types with names, constructors.
struct Shape {
    virtual ~Shape();
    virtual int area() { return 4; }
    int side;
};
Shape::~Shape() {}
struct Square : Shape {
    int area() override { return side * side; }
};
inline int counted(int x) {
    static int count;
    return count += x;
}
extern int data;
extern "C" int hidden(void);
extern "C" __attribute__((visibility("default"))) int other(int x) {
    try {
        if (x > 3) throw Square();
        return counted(x) + data + hidden();
    } catch (Shape &shape) {
        return shape.area();
    }
}
extern "C" int mx_second(int x) { return counted(x); }

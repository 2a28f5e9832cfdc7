// The same inline entities in a second member: equal COMDAT groups, and a reference back.
struct Base {
    virtual int turn(int);
    virtual ~Base();
    int base = 1;
};
struct Left : virtual Base {
    Left() : left(2) {}
    int left;
};
inline int &shared_state() {
    static int state = 9;
    return state;
}
int elsewhere(Base &base) {
    Left *left = dynamic_cast<Left *>(&base);
    return base.turn(shared_state()) + (left ? left->left : 0);
}
extern "C" int sx_second() {
    Left made;
    return elsewhere(made);
}

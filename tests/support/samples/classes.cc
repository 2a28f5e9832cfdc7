// C5/D5 groups (virtual bases), vtables, VTTs, typeinfo, STB_GNU_UNIQUE, guards, a personality through DW.ref.
struct Base {
    virtual int turn(int);
    virtual ~Base();
    int base = 1;
};
struct Left : virtual Base {
    Left() : left(2) {}
    int left;
};
struct Right : virtual Base {
    Right() : right(3) {}
    int right;
};
struct Both : Left, Right {
    Both() {}
    int turn(int x) override { return x + left + right; }
};
struct Thrown {
    int value;
};

template <class T> struct Counter {
    static T total;
    static T &last() {
        static T seen = Counter::total + 1;
        return seen;
    }
};
template <class T> T Counter<T>::total = T(4);

inline int &shared_state() {
    static int state = 9;
    return state;
}

int Base::turn(int x) { return x - base; }
Base::~Base() {}
extern int elsewhere(Base &);

extern "C" int sx_run(int x) {
    Both both;
    try {
        if (x > 100) throw Thrown{x};
        return elsewhere(both) + both.turn(x) + Counter<int>::last() + shared_state()++;
    } catch (Thrown &thrown) {
        return thrown.value;
    }
}

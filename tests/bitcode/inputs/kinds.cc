// Templates, inline functions, virtual tables, thread-local objects with constructors, exceptions.
#include <stdexcept>
#include <string>

template <class T> struct Holder {
    static T shared;
    virtual ~Holder() {}
    virtual T get() const { return shared; }
};
template <class T> T Holder<T>::shared = 3;

struct Derived : Holder<int> {
    int get() const override { return 4; }
};

inline int inline_value = 7;
thread_local std::string thread_local_object = "object";

int &inline_reference() { return inline_value; }

extern "C" int sx_second(int x)
{
    Derived derived;
    const Holder<int> &holder = derived;
    try {
        if (x > 100)
            throw std::runtime_error(thread_local_object);
    } catch (const std::exception &) {
        return -1;
    }
    return holder.get() + Holder<long>().get() + x;
}
